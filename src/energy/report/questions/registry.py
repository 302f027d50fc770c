"""The 25 questions of lenders, utilities and ministries: who asks, the commands that answer, and the function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from energy.errors import Fault, InputError
from energy.report.answers.answer import Answer
from energy.report.questions import lenders, pakistan, region, sellers
from energy.report.questions.library import Library

LENDERS, PAKISTAN, TAJIKISTAN = "World Bank, lenders", "Pakistan", "Tajikistan"
KYRGYZSTAN, AFGHANISTAN = "Kyrgyzstan", "Afghanistan"
REGION = "ADB, dispatchers, think-tanks"


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


def _q(
    number: int,
    asker: str,
    text: str,
    answer: Callable[[Library], Answer],
    *commands: str,
) -> Question:
    return Question(number, asker, text, commands, answer)


QUESTIONS = (
    _q(
        1,
        LENDERS,
        "What season flows in each hydrological year, and how often below what repays the capital?",
        lenders.seasons_of_the_record,
        "energy run dry_2001 lowest_sum_1995 naryn_drought_2014 wet_vakhsh_2012 wet_both_1998",
        "energy risk baseline --samples 64",
    ),
    _q(
        2,
        LENDERS,
        "What is the value per year and the NPV with a start in 2027, 2028, 2029, 2031 or never? What is stranded?",
        lenders.value_over_years,
        "energy investment baseline --start 2027 --start 2028 --start 2029 --start 2031 --start never",
    ),
    _q(
        3,
        LENDERS,
        "How many outage days can the Afghan section have before the benefit turns negative? What are spares worth?",
        lenders.outage_days_that_can_be_lost,
        "energy closure baseline --where afghan_hvdc_line --month 5 --days 15 --days 46 --days 92 --days 153",
        "energy actions baseline --by 'income gained'",
    ),
    _q(
        4,
        LENDERS,
        "What is open access worth in October to April?",
        lenders.open_access,
        "energy run open_access_kazakh open_access_turkmen",
    ),
    _q(
        5,
        LENDERS,
        "What emissions are avoided in Pakistan?",
        lenders.emissions_avoided,
        "energy avoided baseline",
    ),
    _q(
        6,
        PAKISTAN,
        "Hour by hour, is 9.41 ¢ below the marginal cost? Which price makes it worth buying, and when?",
        pakistan.price_worth_paying,
        "energy run least_cost_no_casa",
    ),
    _q(
        7,
        PAKISTAN,
        "Take-or-pay against pay-per-unit?",
        pakistan.take_or_pay,
        "energy contract-forms baseline",
        "energy settlement least_cost_take_or_pay",
    ),
    _q(
        8,
        PAKISTAN,
        "What does Nowshera do to 500 kV flows and to reserve?",
        pakistan.reserve_at_nowshera,
        "energy capability baseline",
        "energy frequency baseline",
    ),
    _q(
        9,
        PAKISTAN,
        "What does Pakistan gain by exporting in winter, and at which price?",
        pakistan.winter_export,
        "energy settlement baseline",
        "energy run reverse_winter",
    ),
    _q(
        10,
        PAKISTAN,
        "What replaces the link when politics close it for a week, a month, a season, and at what cost?",
        pakistan.closure_by_length,
        "energy closure baseline --days 7 --days 30 --days 92",
    ),
    _q(
        11,
        TAJIKISTAN,
        "How much can be sold while Nurek is full at the end of September?",
        sellers.nurek_full_in_september,
        "energy run baseline --set rules.nurek_full.at_least=1",
    ),
    _q(
        12,
        TAJIKISTAN,
        "Which buyer first, and what does Rogun change?",
        sellers.which_buyer_first,
        "energy run casa_before_afghanistan swap_ends rogun_2035",
    ),
    _q(
        13,
        TAJIKISTAN,
        "Can the one-circuit North–South path carry Kyrgyz power?",
        sellers.north_south_line,
        "energy run tajik_north_south_out datka_sughd_out",
        "energy acflow baseline",
    ),
    _q(
        14,
        KYRGYZSTAN,
        "Is there any Kyrgyz summer surplus while power is imported? From which level of Toktogul?",
        sellers.kyrgyz_surplus,
        "energy threshold baseline --rule toktogul_start",
        "energy run kyrgyz_opt_out irrigation_6500",
    ),
    _q(
        15,
        KYRGYZSTAN,
        "Does 15-year loan service hold with 1.0 TWh instead of 1.5 to 1.75?",
        sellers.kyrgyz_loan_service,
        "energy settlement baseline",
    ),
    _q(
        16,
        KYRGYZSTAN,
        "What is Datka–Sughd worth without any sale to Pakistan?",
        sellers.datka_sughd_without_sale,
        "energy run least_cost_no_casa",
    ),
    _q(
        17,
        AFGHANISTAN,
        "What is lost in transit income and supply by each outage?",
        region.lost_by_outage,
        "energy run border_closed_summer salang_2015 pylons_2016_2021 towers_2026",
    ),
    _q(
        18,
        AFGHANISTAN,
        "How does 300 MW reach Kabul without a converter? What is a third terminal worth?",
        region.ways_to_kabul,
        "energy run kabul_tap surkhan_not_built surkhan_replaces_tajik",
    ),
    _q(
        19,
        AFGHANISTAN,
        "What is the common risk of lines that share the Hindu Kush crossing?",
        region.common_corridor,
        "energy corridors baseline --corridor hindu_kush --corridor salang_220kv --corridor afghan_hvdc_line",
        "energy run salang_2015 campaign_behind_closed_border",
    ),
    _q(
        20,
        REGION,
        "Does a collapse of the Central Asian ring pull Tajikistan and the sending end down?",
        region.ring_collapse,
        "energy frequency baseline --sending 'Tajik island'",
        "energy run ring_collapse_2022",
    ),
    _q(
        21,
        REGION,
        "Does a bipole trip endanger frequency or the Kazakh transit?",
        region.bipole_trip,
        "energy frequency baseline --loss 1300",
    ),
    _q(
        22,
        REGION,
        "Who gains and who loses in each country?",
        region.winners_and_losers,
        "energy settlement baseline",
    ),
    _q(
        23,
        REGION,
        "Which share of exports is spill avoided, which is water moved?",
        region.spill_avoided,
        "energy run baseline least_cost_no_casa",
    ),
    _q(
        24,
        REGION,
        "Which cheap action lowers expected unserved energy most?",
        region.cheap_actions,
        "energy actions baseline",
    ),
    _q(
        25,
        REGION,
        "How does the answer change with climate, Rogun and Qosh Tepa?",
        region.climate_rogun_and_canal,
        "energy run rogun_2035",
        "energy run baseline --set 'hydrology={seed: 1, draw: 0, shift: {melt_days: 20}}'",
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
