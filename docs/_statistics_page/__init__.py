"""The parts of docs/statistics_page.py."""
