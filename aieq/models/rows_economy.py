"""Published answers on the economy and on adoption: what AI adds, and how many come to use a new thing."""

from __future__ import annotations

from .model import Model
from .unit import acemoglu_tfp_pct

_GATE_URL = "https://threadreaderapp.com/thread/1936171902063481059.html"
_GATE_MISSING = "the solver of their model: only a page to play with is public"
_BASS_MISSING = "the series of users it was fitted to"

ECONOMY = (
    Model(
        "acemoglu_tfp",
        "Acemoglu 2024",
        "gain in total factor productivity over ten years",
        acemoglu_tfp_pct,
        {"task_share_affected": 0.046, "overall_cost_saving": 0.144},
        0.66,
        unit="pct",
        kind="productivity",
        printed_to=0.01,
        url="https://biesnecker.com/sources/transcripts/acemoglu-simple-macroeconomics-of-ai.txt",
        note="an upper bound by its author's account; read in a transcript",
        day="2024-05-12",
    ),
    Model(
        "gate_30pct",
        "GATE 2025",
        "growth of output when three tenths of tasks are automated",
        None,
        unit="pct",
        kind="productivity",
        url=_GATE_URL,
        note="over 20 per cent; its makers say the model is for qualitative use",
        missing=_GATE_MISSING,
        day="2025-06-20",
    ),
    Model(
        "gate_explosive",
        "GATE 2025",
        "share of tasks automated at which output grows by 30 per cent a year",
        None,
        unit="pct",
        kind="productivity",
        url=_GATE_URL,
        note="50 to 70 per cent",
        missing=_GATE_MISSING,
        day="2025-06-20",
    ),
    Model(
        "gate_invest",
        "GATE 2025",
        "investment in AI that would have been best for 2025",
        None,
        published=25,
        unit="USD_tn",
        kind="spending",
        url="https://epoch.ai/gradient-updates/ai-and-explosive-growth-redux",
        note="against labour income of over 50 a year",
        missing=_GATE_MISSING,
        day="2025-06-20",
    ),
    Model(
        "wachter2026",
        "Wachter and Wachter 2026",
        "rise of productivity that would justify the spending",
        None,
        published=2.7,
        unit="multiple",
        kind="productivity",
        url=(
            "https://allweatherfinance.com/wharton-paper-warns-ai-must-boost-productivity-by-2-7-times-to-prevent-"
            "tech-company-bankruptcies/"
        ),
        note="on spending of 381, 755 and 1,100 bn from 2025 to 2027",
        missing="the calibration of their model",
    ),
    Model(
        "rice2026",
        "Rice 2026",
        "quarters in which AI capacity loses half of its worth",
        None,
        published=7,
        unit="quarters",
        kind="productivity",
        url="https://ideas.repec.org/a/cup/macdyn/v30y2026ip-_21.html",
        note="as pure wear it would be a third a year, but adjustment in the model is part of it",
        missing="the data and the code of the estimate",
        day="2026-01-31",
    ),
    Model(
        "leap_investment",
        "LEAP panel 2025",
        "private investment in AI in 2030",
        None,
        published=260,
        kind="spending",
        url="https://aigazine.com/industry/leap-experts-forecast-18-of-work-hours-aiassisted-by-2030--v",
        fact="the median of a panel's guesses: asked, not calculated",
        day="2025-11-10",
    ),
    Model(
        "bass_internet_g7_brics",
        "Gewehr 2019",
        "error of diffusion curves fitted to the internet and other services in twelve countries",
        None,
        unit="pct",
        kind="adoption",
        url=(
            "http://bibliotecadigital.uns.edu.ar/scielo.php?script=sci_arttext&pid=S2525-12952019002200003&lng=es"
            "&nrm=iso&tlng=en"
        ),
        note="0.2 to 5.1 per cent",
        missing=_BASS_MISSING + "; its table of coefficients was not visible",
        day="2019-07-31",
    ),
    Model(
        "bass_internet_chile",
        "Bass fit 2000",
        "users of the internet in Chile in the end, from data to 1999",
        None,
        published=8,
        unit="people_mn",
        kind="adoption",
        url="http://econpapers.repec.org/article/pchabante/v_3a3_3ay_3a2000_3ai_3a2_3ap_3a143-163.htm",
        note="a caution: early data say little of the ceiling",
        missing=_BASS_MISSING,
        day="2000-12-31",
    ),
    Model(
        "bass_internet_heilongjiang",
        "Gompertz fit 2011",
        "share of people online in Heilongjiang in the end",
        None,
        published=52.1,
        unit="pct",
        kind="adoption",
        url="http://aisel.aisnet.org/pacis2011/186",
        missing=_BASS_MISSING,
        day="2011-12-31",
    ),
    Model(
        "bass_meta_average",
        "Sultan, Farley and Lehmann 1990",
        "mean coefficients of 213 diffusion curves",
        None,
        unit="other",
        kind="adoption",
        fact="a mean of other people's fits, recalled and not seen: used nowhere",
        day="1990-02-28",
    ),
)
