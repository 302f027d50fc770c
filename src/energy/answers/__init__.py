"""Answers to what decision-makers ask: tables, a sentence, its range and what it rests on."""
