"""`streamlit run bench/bare.py -- FOLDER`: the recorded pages from constants. What is drawn lies in `bare_pages`, since
Streamlit runs this script anew at every rerun and would read the recordings each time."""

from bench.bare_pages import main

main()
