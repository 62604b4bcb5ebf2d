"""Who uses AI and who pays for it: people and firms, each survey kept apart from every other."""

from __future__ import annotations

import pandas as pd

from .errors import VintageError
from .evidence import BASES, OUTCOMES, View, per_view, quantity_of
from .quantity import Quantity, derive

# Label, entity, metric, whose use, what is counted. Two wordings of one survey are two series and are never joined.
SERIES = (
    ("US adults, generative AI", "us_adults_18_64", "genai_use_share", "people", "adults aged 18 to 64 who use it"),
    (
        "US firms, Census, old question",
        "us_businesses_btos_old",
        "ai_use_rate",
        "firms",
        "use in producing goods or services",
    ),
    (
        "US firms, Census, new question",
        "us_businesses_btos_new",
        "ai_use_rate",
        "firms",
        "use in any business function",
    ),
    ("EU firms, Eurostat", "eu_enterprises", "ai_use_rate", "firms", "firms of ten employees or more"),
    ("EU large firms, Eurostat", "eu_large_enterprises", "ai_use_rate", "firms", "firms of 250 employees or more"),
    (
        "Firms that pay, Ramp",
        "us_ramp_businesses",
        "paid_ai_adoption",
        "firms that pay",
        "share of Ramp's own customers",
    ),
    (
        "Firms surveyed by McKinsey",
        "mckinsey_survey",
        "ai_use_rate",
        "firms",
        "respondents whose firm uses AI in some function",
    ),
)
USERS = ("openai_chatgpt", "weekly_active_users")
PAYERS = ("openai_chatgpt", "paying_subscribers")
SEATS = ("openai_chatgpt_business", "paying_subscribers")
_NEAR_DAYS = 92  # a count of payers is set against the count of users nearest in time, within a quarter


def latest_versions(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Keep one row of each period: the best basis, then the latest published, so that a restated series is one series.

    Parameters
    ----------
    rows : DataFrame
        From :meth:`aieq.evidence.View.rows`.

    Returns
    -------
    DataFrame
        Sorted by period; rows without a single value are left out.
    """
    kept = rows.dropna(subset=["value"])
    kept = kept.assign(_basis=kept["basis"].map(BASES.index))
    kept = kept.sort_values(["_basis", "published"], ascending=[True, False], kind="stable")
    kept = kept.drop_duplicates("period_end").drop(columns="_basis")
    return kept.sort_values("period_end", kind="stable").reset_index(drop=True)


def adoption(view: View) -> pd.DataFrame:
    """
    Lay all adoption series side by side on the calendar.

    Parameters
    ----------
    view : View
        What was known.

    Returns
    -------
    DataFrame
        series, group (people, firms, firms that pay), day, pct, counts (what is counted), source, known_on.
    """
    return pd.concat([_one_series(view, *row) for row in SERIES], ignore_index=True)


@per_view
def _one_series(view: View, label: str, entity: str, metric: str, group: str, counts: str) -> pd.DataFrame:
    rows = latest_versions(view.rows(entity, metric, basis=OUTCOMES))
    # A span of half a year is a range over the survey's own months, not one more of them.
    rows = rows[rows["kind"] != "span"] if entity.startswith("us_businesses_btos") and len(rows) > 1 else rows
    return pd.DataFrame(
        {
            "series": label,
            "group": group,
            "day": rows["period_end"],
            "pct": rows["value"],
            "counts": counts,
            "source": rows["source"],
            "known_on": rows["known_on"],
        }
    )


def latest_share(view: View, entity: str, metric: str) -> Quantity:
    """
    Latest share of one series, as a ratio.

    Parameters
    ----------
    view : View
        What was known.
    entity, metric : str
        A series in per cent.

    Returns
    -------
    Quantity
        A ratio between 0 and 1.

    Raises
    ------
    VintageError
        If nothing was known.
    """
    rows = latest_versions(view.rows(entity, metric, basis=OUTCOMES, unit="pct"))
    if rows.empty:
        msg = f"{entity} {metric} was not known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    return derive(lambda share: share / 100, quantity_of(rows.iloc[[-1]], view.dated), unit="ratio")


def users(view: View) -> pd.DataFrame:
    """
    Count the users and payers of ChatGPT known by the day.

    Parameters
    ----------
    view : View
        What was known.

    Returns
    -------
    DataFrame
        series, day, people_mn, source, basis; outcomes only, one row a day and series.
    """
    parts = []
    for label, (entity, metric) in {
        "Weekly users": USERS,
        "Consumers who pay": PAYERS,
        "Seats paid by firms": SEATS,
    }.items():
        rows = latest_versions(view.rows(entity, metric, basis=OUTCOMES))
        parts.append(
            pd.DataFrame(
                {
                    "series": label,
                    "day": rows["period_end"],
                    "people_mn": rows["value"],
                    "source": rows["source"],
                    "basis": rows["basis"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def paying_shares(view: View) -> pd.DataFrame:
    """
    Set each count of payers against the count of weekly users nearest in time.

    Parameters
    ----------
    view : View
        What was known.

    Returns
    -------
    DataFrame
        day, payers_mn, users_mn, users_day, ratio, source; payers without users within a quarter are left out.
    """
    both = users(view)
    people = both[both["series"] == "Weekly users"]
    lines = []
    for payer in both[both["series"] == "Consumers who pay"].itertuples():
        apart = (people["day"] - payer.day).abs()
        if people.empty or apart.min().days > _NEAR_DAYS:
            continue
        user = people.loc[apart.idxmin()]
        lines.append(
            {
                "day": payer.day,
                "payers_mn": payer.people_mn,
                "users_mn": user["people_mn"],
                "users_day": user["day"],
                "ratio": payer.people_mn / user["people_mn"],
                "source": f"{payer.source};{user['source']}",
            }
        )
    return pd.DataFrame(lines, columns=["day", "payers_mn", "users_mn", "users_day", "ratio", "source"])
