"""What goes wrong in one report, by chance: each slip with its rate and where the rate is from.

"Real" rates are those between two reports of one seizure in the labelled pairs (`labels/README.md`); a slip of one
report is half of them, as either report may have it. Differences that are a source's habit (unit, rounding, script,
dialect, blanks) are in `agencies.py` and come on top. Rates marked * have no real data behind them, as the real file
has no such field: they are assumptions.

====================  ======  ========================================================================================
slip                  rate    real
====================  ======  ========================================================================================
day-off               0.05    a day apart in 9 to 14 % of pairs
days-off              0.015   two to five days in 1 to 6 %
year-off              0.006   3 to 10 %, nearly all from one resubmission, which is `copy` with year-off in `reports.py`
month-off             0.004   five UNCERTAIN pairs a month apart
month-precision       0.02    New Zealand's dates, in part of its reports
thousand              0.008   1 to 3 % (with count-for-mass)
count-for-mass        0.004   one pair: tablets as kilograms
digit                 0.008   *
weighed-again         0.03    within 0.5 % in 11 %, within 5 % in 2 to 4 %; most are rounding, a habit
place-mistyped        0.03    misspelt places and regions in 8 of 161
place-respelt         0.06    named otherwise in 22 to 27 %, most by habit
region-mangled        0.006   "115" and "174" in the place of a word, by a search-and-replace
place-blank           0.03    blank in one in 6 to 11 %
substance-odd         0.04    named otherwise in 10 to 11 % (base and paste, salts, extract)
substance-class       0.01    "hallucinogens", "non-specified": common in the file, not seen in the pairs
substance-mistyped    0.01    *
other-transport       0.05    contradicted in 12 to 13 %
other-departure       0.015   a stop for the source: contradicted in 1 to 7 % (departure, producing country)
blank-route           0.08    blank in one in 10 to 30 %, most by habit
part-of-items         0.18    * of reports on several items: some are left out, never the first
tracking-form         0.25    * spaces, dashes, small letters
tracking-mistyped     0.03    *
name-variant          0.45    * another spelling of a company, ship, handle or mark
name-mistyped         0.04    *
====================  ======  ========================================================================================
"""

from random import Random

RATES = {
    "day-off": 0.05,
    "days-off": 0.015,
    "year-off": 0.006,
    "month-off": 0.004,
    "month-precision": 0.02,
    "thousand": 0.008,
    "count-for-mass": 0.004,
    "digit": 0.008,
    "weighed-again": 0.03,
    "place-mistyped": 0.03,
    "place-respelt": 0.06,
    "region-mangled": 0.006,
    "place-blank": 0.03,
    "substance-odd": 0.04,
    "substance-class": 0.01,
    "substance-mistyped": 0.01,
    "other-transport": 0.05,
    "other-departure": 0.015,
    "blank-route": 0.08,
    "part-of-items": 0.18,
    "tracking-form": 0.25,
    "tracking-mistyped": 0.03,
    "name-variant": 0.45,
    "name-mistyped": 0.04,
}


class Slips:
    """Decides the slips of one report and remembers those that happened."""

    __slots__ = ("_chance", "happened")

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.happened: list[str] = []

    def slip(self, name: str) -> bool:
        """Whether it happens; to be asked only where it can."""
        if self._chance.random() >= RATES[name]:
            return False
        self.happened.append(name)
        return True
