"""Which addresses count as one place for limits."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def place_of(raw: str) -> str:
    """One place for one address; of IPv6 the /64 network, since a single line owns all 2⁶⁴ addresses of it.

    What is no address (`local`, a test's word) stands for itself.
    """
    try:
        found: IPv4Address | IPv6Address = ip_address(raw.strip().partition("%")[0])
    except ValueError:
        return raw[:64]
    if isinstance(found, IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))
