"""The 25 questions of lenders, utilities and ministries: who asks, what answers, and their page in the docs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from energy.answers.answer import Answer, Library
from energy.answers.answer_text import column_labels, number_text, unit_text
from energy.answers.questions import (
    afghanistan,
    buyers_margin,
    dispatchers,
    kyrgyzstan,
    lenders,
    pakistan,
    region,
    tajikistan,
    winter_export,
)
from energy.errors import Fault, InputError

_LENDERS, _PAKISTAN, _TAJIKISTAN = "World Bank, lenders", "Pakistan", "Tajikistan"
_KYRGYZSTAN, _AFGHANISTAN = "Kyrgyzstan", "Afghanistan"
_REGION = "ADB, dispatchers, think-tanks"
_MOST_ROWS = 14
_MOST_TABLES = 3
_INTRODUCTION = """# Questions decision-makers ask

Questions that lenders, utilities and ministries would put to a model of CASA-1000, each with the commands that answer
it and what they answer, or with a plain statement of what this model cannot say. `energy questions N` runs one of them.
This page is written by `energy questions --page docs/questions.md --force`; nothing in it is typed by hand.
"""


@dataclass(frozen=True)
class Question:
    """A question and how it is answered.

    Attributes
    ----------
    number
        From 1.
    asker
        Who asks.
    text
        The question.
    commands
        Commands whose output holds the answer; ``energy questions N`` puts them together.
    answer
        The function that answers it from a library.
    """

    number: int
    asker: str
    text: str
    commands: tuple[str, ...]
    answer: Callable[[Library], Answer]


QUESTIONS = (
    Question(
        number=1,
        asker=_LENDERS,
        text="What season flows in each hydrological year, and how often below what repays the capital?",
        answer=lenders.seasons_of_the_record,
        commands=(
            "energy run dry_2001 lowest_sum_1995 naryn_drought_2014 wet_vakhsh_2012 wet_both_1998",
            "energy risk baseline --samples 64",
        ),
    ),
    Question(
        number=2,
        asker=_LENDERS,
        text=(
            "What is the value per year and the NPV with a start in 2027, 2028, 2029, 2031 or never? What is stranded?"
        ),
        answer=lenders.value_over_years,
        commands=(
            "energy investment baseline --until 2035 --start 2027 --start 2028 --start 2029 --start 2031 --start never",
            "energy investment baseline --start 2027 --start 2028 --start 2029 --start 2031 --start never",
        ),
    ),
    Question(
        number=3,
        asker=_LENDERS,
        text=(
            "How many outage days can the Afghan section have before the benefit turns negative? What are spares worth?"
        ),
        answer=lenders.outage_days_that_can_be_lost,
        commands=(
            "energy closure baseline --where afghan_hvdc_line --month 5 --days 46 --days 92 --days 122 --days 153",
            "energy actions baseline --by 'income gained'",
        ),
    ),
    Question(
        number=4,
        asker=_LENDERS,
        text="What is open access worth in October to April?",
        answer=lenders.open_access,
        commands=("energy run open_access_kazakh open_access_turkmen",),
    ),
    Question(
        number=5,
        asker=_LENDERS,
        text="What emissions are avoided in Pakistan?",
        answer=lenders.emissions_avoided,
        commands=("energy avoided baseline",),
    ),
    Question(
        number=6,
        asker=_PAKISTAN,
        text="Hour by hour, is 9.41 ¢ below the marginal cost? Which price makes it worth buying, and when?",
        answer=buyers_margin.price_worth_paying,
        commands=("energy run least_cost_no_casa",),
    ),
    Question(
        number=7,
        asker=_PAKISTAN,
        text="Take-or-pay against pay-per-unit?",
        answer=pakistan.take_or_pay,
        commands=(
            "energy contract-forms baseline",
            "energy settlement least_cost_take_or_pay",
        ),
    ),
    Question(
        number=8,
        asker=_PAKISTAN,
        text="What does Nowshera do to 500 kV flows and to reserve?",
        answer=pakistan.reserve_at_nowshera,
        commands=(
            "energy capability baseline",
            "energy frequency baseline",
        ),
    ),
    Question(
        number=9,
        asker=_PAKISTAN,
        text="What does Pakistan gain by exporting in winter, and at which price?",
        answer=winter_export.winter_export,
        commands=(
            "energy settlement baseline",
            "energy run reverse_winter",
        ),
    ),
    Question(
        number=10,
        asker=_PAKISTAN,
        text="What replaces the link when politics close it for a week, a month, a season, and at what cost?",
        answer=pakistan.closure_by_length,
        commands=("energy closure baseline --days 7 --days 30 --days 92",),
    ),
    Question(
        number=11,
        asker=_TAJIKISTAN,
        text="How much can be sold while Nurek is full at the end of September?",
        answer=tajikistan.nurek_full_in_september,
        commands=("energy run baseline --set rules.nurek_full.at_least=1",),
    ),
    Question(
        number=12,
        asker=_TAJIKISTAN,
        text="Which buyer first, and what does Rogun change?",
        answer=tajikistan.which_buyer_first,
        commands=("energy run casa_before_afghanistan swap_ends rogun_2035",),
    ),
    Question(
        number=13,
        asker=_TAJIKISTAN,
        text="Can the one-circuit North–South path carry Kyrgyz power?",
        answer=tajikistan.north_south_line,
        commands=(
            "energy run tajik_north_south_out datka_sughd_out",
            "energy acflow baseline",
        ),
    ),
    Question(
        number=14,
        asker=_KYRGYZSTAN,
        text="Is there any Kyrgyz summer surplus while power is imported? From which level of Toktogul?",
        answer=kyrgyzstan.kyrgyz_surplus,
        commands=(
            "energy threshold baseline --rule toktogul_start",
            "energy run kyrgyz_opt_out irrigation_6500",
        ),
    ),
    Question(
        number=15,
        asker=_KYRGYZSTAN,
        text="Does 15-year loan service hold with 1.0 TWh instead of 1.5 to 1.75?",
        answer=kyrgyzstan.kyrgyz_loan_service,
        commands=("energy settlement baseline",),
    ),
    Question(
        number=16,
        asker=_KYRGYZSTAN,
        text="What is Datka–Sughd worth without any sale to Pakistan?",
        answer=kyrgyzstan.datka_sughd_without_sale,
        commands=("energy run least_cost_no_casa",),
    ),
    Question(
        number=17,
        asker=_AFGHANISTAN,
        text="What is lost in transit income and supply by each outage?",
        answer=afghanistan.lost_by_outage,
        commands=("energy run border_closed_summer salang_2015 pylons_2016_2021 towers_2026",),
    ),
    Question(
        number=18,
        asker=_AFGHANISTAN,
        text="How does 300 MW reach Kabul without a converter? What is a third terminal worth?",
        answer=afghanistan.ways_to_kabul,
        commands=("energy run kabul_tap surkhan_not_built surkhan_replaces_tajik",),
    ),
    Question(
        number=19,
        asker=_AFGHANISTAN,
        text="What is the common risk of lines that share the Hindu Kush crossing?",
        answer=afghanistan.common_corridor,
        commands=(
            "energy corridors baseline --corridor hindu_kush --corridor salang_220kv --corridor afghan_hvdc_line",
            "energy run salang_2015 campaign_behind_closed_border",
        ),
    ),
    Question(
        number=20,
        asker=_REGION,
        text="Does a collapse of the Central Asian ring pull Tajikistan and the sending end down?",
        answer=dispatchers.ring_collapse,
        commands=(
            "energy frequency baseline --sending 'Tajik island'",
            "energy run ring_collapse_2022",
        ),
    ),
    Question(
        number=21,
        asker=_REGION,
        text="Does a bipole trip endanger frequency or the Kazakh transit?",
        answer=dispatchers.bipole_trip,
        commands=("energy frequency baseline --loss 1300",),
    ),
    Question(
        number=22,
        asker=_REGION,
        text="Who gains and who loses in each country?",
        answer=region.winners_and_losers,
        commands=("energy settlement baseline",),
    ),
    Question(
        number=23,
        asker=_REGION,
        text="Which share of exports is spill avoided, which is water moved?",
        answer=region.spill_avoided,
        commands=("energy run baseline least_cost_no_casa",),
    ),
    Question(
        number=24,
        asker=_REGION,
        text="Which cheap action lowers expected unserved energy most?",
        answer=region.cheap_actions,
        commands=("energy actions baseline",),
    ),
    Question(
        number=25,
        asker=_REGION,
        text="How does the answer change with climate, Rogun and Qosh Tepa?",
        answer=region.climate_rogun_and_canal,
        commands=(
            "energy run climate_2050 climate_2050_dry climate_2050_wet glaciers_2050 rogun_2035",
            "energy run qosh_tepa dry_2001 qosh_tepa_full",
            "energy risk climate_2050 --samples 64",
        ),
    ),
)


def question(number: int) -> Question:
    """Return a question by its number.

    Raises
    ------
    InputError
        When there is none of that number.
    """
    for asked in QUESTIONS:
        if asked.number == number:
            return asked
    raise InputError(
        Fault(
            f"no question {number}",
            "energy questions",
            None,
            f"1 to {len(QUESTIONS)}",
        )
    )


def questions_page(answers: Mapping[Question, Answer], note: str) -> str:
    """Return the page of questions as Markdown.

    Parameters
    ----------
    answers
        Question → answer, in order.
    note
        What the numbers were made with: scenario and overrides.
    """
    parts = [_INTRODUCTION, note + "\n"]
    asker = ""
    for question, answer in answers.items():
        if question.asker != asker:
            asker = question.asker
            parts.append(f"## {asker}\n")
        parts.append(_section(question, answer))
    return "\n".join(parts)


def _section(question: Question, answer: Answer) -> str:
    commands = "\n".join(question.commands)
    lines = [
        f"### {question.number}. {question.text}",
        f"```sh\n{commands}\n```",
        " ".join(answer.sentences),
    ]
    for title, table in list(answer.tables.items())[:_MOST_TABLES]:
        lines.append(f"{title}{unit_text(table)}:")
        lines.append(_markdown_table(table.head(_MOST_ROWS)))
    if answer.span:
        lines.append(f"Range: {answer.span}.")
    if answer.limits:
        lines.append(f"**The model cannot say**: {'; '.join(answer.limits)}.")
    if answer.marks:
        lines.append(f"Rests on {answer.marks}.")
    return "\n\n".join(lines) + "\n"


def _markdown_table(table: pd.DataFrame) -> str:
    """Return a table as Markdown; the index comes first.

    Examples
    --------
    >>> print(_markdown_table(pd.DataFrame({"GWh": [1234.5]}, index=pd.Index(["a"], name="scenario"))))
    | scenario | GWh |
    |---|--:|
    | a | 1,234 |
    """
    flat = table.reset_index()
    keys = table.index.nlevels
    heads = [label.strip() for label in column_labels(flat)]
    lines = [_line(heads), "|" + "---|" * keys + "--:|" * (len(heads) - keys)]
    digits = table.attrs.get("digits")
    for row in flat.to_numpy(object):
        cells = [str(value) for value in row[:keys]] + [number_text(value, digits) for value in row[keys:]]
        lines.append(_line(cells))
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return "| " + " | ".join(escaped) + " |"
