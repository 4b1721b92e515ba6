"""The blind index: keyed hashes, replaced as a whole."""

from sqlalchemy import select

from core.db.models import SearchToken
from core.services import search_index
from core.services.context import Context
from tests.services.review_rows import make_bench, submit


def tokens(context: Context, application_id: int) -> set[str]:
    with context.database.read() as tx:
        return set(tx.scalars(select(SearchToken.token).where(SearchToken.application_id == application_id)))


def test_submitting_indexes_and_indexing_again_replaces(context: Context) -> None:
    bench = make_bench(context)
    _, application_id = submit(context, bench.world, name="曾示例")
    before = tokens(context, application_id)
    assert search_index.tokens_for(context, "zengshili")[0] in before
    with context.database.write() as tx:
        search_index.index(tx, context, application_id, name="林某", number="", phone="", receipt="")
    after = tokens(context, application_id)
    assert search_index.tokens_for(context, "林")[0] in after
    assert not before & after


def test_tokens_are_keyed_and_say_nothing(context: Context) -> None:
    token = search_index.tokens_for(context, "林")[0]
    assert token is not None
    assert len(token) == search_index.TOKEN_LENGTH
    assert token != context.keyring.keyed_hash("林".encode())[: search_index.TOKEN_LENGTH]
    assert search_index.tokens_for(context, " · ") == ()


def test_names_without_chinese_characters_have_no_readings() -> None:
    assert search_index.readings_of("Anna Lee") == []
    assert search_index.readings_of("买买提·艾力") == [["mai"], ["mai"], ["ti"], ["ai"], ["li"]]
    assert "shan" in search_index.readings_of("单某")[0]
