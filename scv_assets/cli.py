"""`scv …`: what a data engineer, a steward or a marketer types. Errors are one sentence; the work is elsewhere."""

import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scv_assets.commands.default_command import DefaultGroup
from scv_assets.company import company_home
from scv_assets.errors import ScvError

app = typer.Typer(
    help="Single customer view: one golden profile a person, from every source.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
quarantine_app = typer.Typer(
    help="Rows that were refused: list them, check them again, give them up.", no_args_is_help=True
)
app.add_typer(quarantine_app, name="quarantine")
review_app = typer.Typer(
    cls=DefaultGroup, help="Pairs that a person decides: answer the open questions, list, judge, revoke, measure."
)
app.add_typer(review_app, name="review")
why_app = typer.Typer(
    cls=DefaultGroup,
    help="What joins or parts records (scv why SUBJECT), and why a message was sent, or none.",
    no_args_is_help=True,
)
app.add_typer(why_app, name="why")
campaigns_app = typer.Typer(help="Campaigns: what others than the company's would do.", no_args_is_help=True)
app.add_typer(campaigns_app, name="campaigns")
match_app = typer.Typer(
    cls=DefaultGroup,
    help="Matching: the duplicates of any table (scv match FILE), and what a matching policy says and does.",
    no_args_is_help=True,
)
app.add_typer(match_app, name="match")

segments_app = typer.Typer(
    help="Segments: what other rules would change, and who moved between any two days.", no_args_is_help=True
)
app.add_typer(segments_app, name="segments")
consent_app = typer.Typer(help="Consent: what a preference centre tells, and what it is told.", no_args_is_help=True)
app.add_typer(consent_app, name="consent")
outbox_app = typer.Typer(
    help="Messages on their way: list them, look at one, send dead letters again, cancel.", no_args_is_help=True
)
app.add_typer(outbox_app, name="outbox")

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", envvar="SCV_HOME", help="The company's folder (default: data/demo).", show_default=False),
]
StewardOption = Annotated[
    str | None, typer.Option("--as", help="Who decides (default: the user of this machine).", show_default=False)
]
MessageOption = Annotated[str | None, typer.Option("--key", help="Only this message.", show_default=False)]
DestinationOption = Annotated[
    str | None, typer.Option("--destination", help="Only this destination.", show_default=False)
]
CampaignOption = Annotated[str | None, typer.Option("--campaign", help="Only this campaign.", show_default=False)]
CountryOption = Annotated[
    list[str] | None,
    typer.Option("--country", metavar="CODE", help="Where phones without a prefix are from.", show_default=False),
]
EngineOption = Annotated[
    str | None, typer.Option("--engine", help="Matching engine, as scv.yaml names it.", show_default=False)
]
FileArgument = Annotated[Path, typer.Argument(help="A table with a header: .csv, .parquet or .xlsx.")]
_DAY = "%Y-%m-%d"


def _home_path(home: Path | None) -> Path:
    return home if home is not None else company_home()


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty.")]) -> None:
    """Lay a new company folder: settings, policies, and one source to start from."""
    from scv_assets.commands.init import print_new_folder

    print_new_folder(folder, Console())


@app.command()
def check(home: HomeOption = None) -> None:
    """Say everything that is wrong in the company's YAML, each with file, line and a suggestion."""
    from scv_assets.commands.check import company_problems

    path = _home_path(home)
    problems, warnings = company_problems(path)
    for warning in warnings:
        print(f"warning: {warning}")  # noqa: T201
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    if problems:
        raise typer.Exit(1)
    print(f"{path}: everything is in order")  # noqa: T201


@app.command()
def run(
    home: HomeOption = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=[_DAY], metavar="YYYY-MM-DD", help="First day to bring in.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=[_DAY], metavar="YYYY-MM-DD", help="Last day to bring in.")
    ] = None,
) -> None:
    """Bring in what is new, compute what depends on it, publish, and sum up. Safe to repeat, and to kill."""
    from scv_assets.commands.run import run_command

    days = (_day(first), _day(last))
    try:
        is_success = run_command(_home_path(home), days, Console())
    except KeyboardInterrupt:
        print("stopped; the next run goes on from here", file=sys.stderr)  # noqa: T201
        raise typer.Exit(130) from None
    if not is_success:
        raise typer.Exit(1)


@app.command()
def dev(
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 3000,
) -> None:
    """Open the Dagster UI (graph, lineage, runs, schedules, sensors) over this company."""
    from scv_assets.commands.dev import serve

    serve(_home_path(home), host=host, port=port)


@app.command()
def status(home: HomeOption = None) -> None:
    """Say what is published, what waits in the inbox, what is refused, and how messages stand."""
    from scv_assets.commands.status import print_status

    print_status(_home_path(home), Console())


@app.command()
def profile(
    identifier: Annotated[str, typer.Argument(help="Customer id, e-mail, phone, card, any source's key.")],
    home: HomeOption = None,
    days: Annotated[int, typer.Option(help="How many days of timeline to show.", min=1)] = 3650,
) -> None:
    """Show a customer: golden profile, where each field came from, identifiers, timeline."""
    from scv_assets.commands.profile import print_profile

    print_profile(_home_path(home), identifier, Console(), days=days)


@app.command()
def erase(
    identifier: Annotated[
        str | None,
        typer.Argument(help="Customer id, e-mail, phone, card, any source's key.", show_default=False),
    ] = None,
    home: HomeOption = None,
    steward: StewardOption = None,
    reason: Annotated[str, typer.Option(help="Why, without any name.", show_default=False)] = "",
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
    is_list: Annotated[bool, typer.Option("--list", help="The requests, and what each waits for.")] = False,
    proof: Annotated[
        str | None, typer.Option(metavar="REQUEST", help="What one request removed, as JSON.", show_default=False)
    ] = None,
    acknowledge: Annotated[
        str | None,
        typer.Option(metavar="REQUEST", help="Answer for what the proof found of it.", show_default=False),
    ] = None,
    release: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="REQUEST DESTINATION", help="Wait no longer for a destination that is no more.", show_default=False
        ),
    ] = None,
) -> None:
    """Forget a customer who asks for it, everywhere; or say how far such requests are."""
    from scv_assets.commands import erase as erasing

    path = _home_path(home)
    if (identifier is not None) + is_list + sum(one is not None for one in (proof, acknowledge, release)) != 1:
        raise typer.BadParameter("name a customer, or ask for one of --list, --proof, --acknowledge and --release")
    if (acknowledge is not None or release is not None) and not reason.strip():
        raise typer.BadParameter("say why: --reason")
    if acknowledge is not None:
        erasing.acknowledge_found(path, acknowledge, Console(), by=steward, reason=reason)
    elif release is not None:
        erasing.release(path, *release, Console(), by=steward, reason=reason)
    elif proof is not None:
        erasing.print_proof(path, proof, Console())
    elif is_list:
        erasing.print_requests(path, Console())
    elif identifier and not erasing.erase(path, identifier, Console(), is_sure=is_sure, by=steward, reason=reason):
        raise typer.Exit(1)


@why_app.command("records")
def why_records(
    subject: Annotated[str, typer.Argument(help="A record (source:key), or a customer by anything that is known.")],
    record: Annotated[str | None, typer.Argument(help="The other record (source:key).", show_default=False)] = None,
    home: HomeOption = None,
    chart: Annotated[
        Path | None, typer.Option(help="Write the waterfall into this SVG file as well.", show_default=False)
    ] = None,
) -> None:
    """Say what joins or parts two records, or how a customer came to be."""
    from scv_assets.commands.why import print_why

    print_why(_home_path(home), subject, record, Console(), chart=chart)


@why_app.command("message")
def why_message(
    message: Annotated[str, typer.Argument(help="A message's key, or a campaign.")],
    customer: Annotated[
        str | None, typer.Argument(help="With a campaign: a customer by anything that is known.", show_default=False)
    ] = None,
    home: HomeOption = None,
) -> None:
    """Say why a customer got a message, or none: rule, occasion, consent, source rows."""
    from scv_assets.commands.why_message import print_why_message

    print_why_message(_home_path(home), message, customer, Console())


@campaigns_app.command("try")
def campaigns_try(
    campaigns: Annotated[Path, typer.Argument(help="The other campaigns.yaml.")],
    home: HomeOption = None,
    days: Annotated[int, typer.Option(min=1, help="So many days, up to the last one that is in.")] = 30,
    listed: Annotated[int, typer.Option("--list", min=0, help="So many of the messages, the last ones.")] = 10,
) -> None:
    """Say who would have got what over the last days, and who not; nothing is published."""
    from scv_assets.commands.campaigns import print_trial

    print_trial(_home_path(home), campaigns, Console(), days=days, listed=listed)


@review_app.command("ask")
def review_ask(
    home: HomeOption = None,
    steward: StewardOption = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, help="Ask about so many pairs, drawn to measure the quality.", show_default=False),
    ] = None,
) -> None:
    """Ask the open questions, what teaches most first (`scv review` is short for it)."""
    from scv_assets.commands.review import review

    review(_home_path(home), Console(), by=steward, sample_size=sample)


@review_app.command("list")
def review_list(
    home: HomeOption = None,
    judged: Annotated[bool, typer.Option("--judged", help="The judgements instead of the open questions.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List the open questions, or the judgements."""
    from scv_assets.commands.review import print_queue

    print_queue(_home_path(home), Console(), is_judged=judged, limit=limit)


@review_app.command("judge")
def review_judge(
    left: Annotated[str, typer.Argument(help="A record (source:key).")],
    right: Annotated[str, typer.Argument(help="The other record.")],
    answer: Annotated[str, typer.Argument(help="match, no-match or unsure.")],
    home: HomeOption = None,
    steward: StewardOption = None,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
) -> None:
    """Judge two records, whether or not anybody asked."""
    from scv_assets.commands.review import judge_pair

    judge_pair(_home_path(home), left, right, answer, Console(), by=steward, reason=reason)


@review_app.command("revoke")
def review_revoke(
    judgement: Annotated[str, typer.Argument(help="The judgement, as listed.")],
    home: HomeOption = None,
    steward: StewardOption = None,
) -> None:
    """Take a judgement back: it stays on record, and is no longer in force."""
    from scv_assets.commands.review import revoke_judgement

    revoke_judgement(_home_path(home), judgement, Console(), by=steward)


@review_app.command("quality")
def review_quality(home: HomeOption = None) -> None:
    """Say how good matching is in production, as the judgements tell, with intervals."""
    from scv_assets.commands.review import print_quality

    print_quality(_home_path(home), Console())


@match_app.command("table")
def match_of_table(
    file: FileArgument,
    policy: Annotated[
        Path | None, typer.Option(help="A matching.yaml (default: proposed from the table).", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to (default: FILE.matched beside it).", show_default=False)
    ] = None,
    truth: Annotated[
        str | None, typer.Option(help="Column that says who is who: measure against it.", show_default=False)
    ] = None,
    engine: EngineOption = None,
    country: CountryOption = None,
) -> None:
    """Find who is the same person in a table (`scv match FILE` is short for it)."""
    from scv_assets.commands.match import Request, match_file

    match_file(Request(file, policy, out, truth, engine, tuple(country or ())), Console())


@match_app.command("init")
def match_init(
    file: FileArgument,
    out: Annotated[
        Path | None, typer.Option(help="File to write (default: matching.yaml beside it).", show_default=False)
    ] = None,
    truth: Annotated[
        str | None, typer.Option(help="Column that says who is who: not to be looked at.", show_default=False)
    ] = None,
    country: CountryOption = None,
) -> None:
    """Propose a policy from a table: which columns, comparisons and blocking rules."""
    from scv_assets.commands.match import Request, init_policy

    init_policy(Request(file, None, out, truth, None, tuple(country or ())), Console())


@match_app.command("explain-policy")
def match_explain_policy(
    policy: Annotated[
        Path | None, typer.Argument(help="A matching.yaml (default: the company's).", show_default=False)
    ] = None,
    home: HomeOption = None,
) -> None:
    """Say every rule of a policy in words, and what its blocking rules bring among the company's records."""
    from scv_assets.commands.explain_policy import explain_policy

    explain_policy(_home_path(home), policy, Console())


@match_app.command("diff")
def match_diff(
    policy: Annotated[Path, typer.Argument(help="The other matching.yaml.")],
    home: HomeOption = None,
    sample: Annotated[int, typer.Option(min=0, help="So many changes to read.")] = 5,
    is_json: Annotated[bool, typer.Option("--json", help="Print figures and sample as JSON.")] = False,
) -> None:
    """Say what another policy would change, before anything is published."""
    from scv_assets.commands.diff import print_diff

    print_diff(_home_path(home), policy, Console(), sample=sample, is_json=is_json)


@match_app.command("train")
def match_train(home: HomeOption = None) -> None:
    """Have the next run train the model anew, from judgements, identifiers and the records as they are."""
    from scv_assets.commands.train import ask_for_training

    ask_for_training(_home_path(home), Console())


@segments_app.command("try")
def segments_try(
    file: Annotated[Path, typer.Argument(help="The other segments.yaml.")],
    home: HomeOption = None,
    sample: Annotated[int, typer.Option(min=0, help="So many customers of each segmentation to look at.")] = 5,
    is_json: Annotated[bool, typer.Option("--json", help="Print figures and sample as JSON.")] = False,
) -> None:
    """Say who would be in another segment by other rules, before anything is published."""
    from scv_assets.commands.segments import print_trial

    print_trial(_home_path(home), file, Console(), sample=sample, is_json=is_json)


@segments_app.command("matrix")
def segments_matrix(
    from_on: Annotated[datetime, typer.Argument(formats=[_DAY], metavar="FROM_ON", help="The first day.")],
    to_on: Annotated[datetime, typer.Argument(formats=[_DAY], metavar="TO_ON", help="The other day.")],
    home: HomeOption = None,
    segmentation: Annotated[
        str | None, typer.Option(help="Exclusive segmentation (default: the first).", show_default=False)
    ] = None,
    known_on: Annotated[
        datetime | None,
        typer.Option(
            "--as-known-on", formats=[_DAY], metavar="YYYY-MM-DD", help="As it was known at the end of a day."
        ),
    ] = None,
) -> None:
    """Say where those who were in a segment on one day were on another."""
    from scv_assets.commands.segments import print_matrix

    days = from_on.date(), to_on.date()
    print_matrix(_home_path(home), *days, Console(), segmentation=segmentation, known_on=_day(known_on))


@consent_app.command("import")
def consent_import(
    file: Annotated[Path, typer.Argument(help="A table: customer, channel, purpose, granted, occurred_at.")],
    home: HomeOption = None,
    steward: StewardOption = None,
) -> None:
    """Take what customers said in a preference centre into the ledger; refused rows are told and taken note of."""
    from scv_assets.commands.consent import import_words

    if not import_words(_home_path(home), file, Console(), by=steward):
        raise typer.Exit(1)


@consent_app.command("export")
def consent_export(
    file: Annotated[Path, typer.Argument(help="CSV file to write.")],
    home: HomeOption = None,
) -> None:
    """Write what every customer allows now, by channel and purpose."""
    from scv_assets.commands.consent import export_states

    export_states(_home_path(home), file, Console())


@quarantine_app.command("list")
def quarantine_list(
    home: HomeOption = None,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    state: Annotated[str, typer.Option("--status", help="open, replayed or discarded.")] = "open",
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 50,
) -> None:
    """List refused rows with reason, file and row."""
    from scv_assets.commands.quarantine import print_quarantine

    print_quarantine(_home_path(home), Console(), source=source, status=state, limit=limit)


@quarantine_app.command("replay")
def quarantine_replay(home: HomeOption = None) -> None:
    """Check the refused rows again after a file or a contract was mended, and let through what now passes."""
    from scv_assets.commands.quarantine import replay

    if not replay(_home_path(home), Console()):
        raise typer.Exit(1)


@quarantine_app.command("discard")
def quarantine_discard(
    source: Annotated[str, typer.Argument(help="Source of the row.")],
    file: Annotated[str, typer.Argument(help="File of the row, as listed.")],
    row_number: Annotated[int, typer.Argument(help="Row number, as listed.")],
    by: Annotated[str, typer.Option(help="Who decides.")],
    home: HomeOption = None,
) -> None:
    """Give a refused row up: it stays on record, but no longer waits."""
    from scv_assets.commands.quarantine import discard

    discard(_home_path(home), Console(), source=source, file=file, row_number=row_number, by=by)


@outbox_app.command("list")
def outbox_list(
    home: HomeOption = None,
    state: Annotated[
        str | None,
        typer.Option("--status", help="pending, retrying, delivered, dead_letter or cancelled.", show_default=False),
    ] = None,
    destination: DestinationOption = None,
    campaign: CampaignOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """Count the messages by destination and status, and list them with reason or receipt."""
    from scv_assets.commands.outbox import Chosen, print_outbox

    print_outbox(_home_path(home), Console(), Chosen(state, destination, campaign), limit=limit)


@outbox_app.command("show")
def outbox_show(
    key: Annotated[str, typer.Argument(help="The message's key, as listed (its beginning is enough).")],
    home: HomeOption = None,
) -> None:
    """Show one message: what it says, where it stands, every try."""
    from scv_assets.commands.outbox import print_message

    print_message(_home_path(home), key, Console())


@outbox_app.command("rejected")
def outbox_rejected(
    home: HomeOption = None,
    destination: DestinationOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List the profiles, orders and lines that a destination refused, or that were left out, with the reason."""
    from scv_assets.commands.outbox import print_rejected

    print_rejected(_home_path(home), Console(), destination=destination, limit=limit)


@outbox_app.command("replay")
def outbox_replay(
    home: HomeOption = None,
    key: MessageOption = None,
    destination: DestinationOption = None,
    campaign: CampaignOption = None,
    steward: StewardOption = None,
) -> None:
    """Let dead letters, and objects that were refused, be sent again by the next delivery."""
    from scv_assets.commands.outbox import Chosen, replay

    replay(_home_path(home), Console(), Chosen(None, destination, campaign, key), by=steward)


@outbox_app.command("cancel")
def outbox_cancel(
    home: HomeOption = None,
    key: MessageOption = None,
    destination: DestinationOption = None,
    campaign: CampaignOption = None,
    steward: StewardOption = None,
) -> None:
    """Give up messages that have not left yet; they stay on record."""
    from scv_assets.commands.outbox import Chosen, cancel

    cancel(_home_path(home), Console(), Chosen(None, destination, campaign, key), by=steward)


@outbox_app.command("receipts")
def outbox_receipts(
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8901,
) -> None:
    """Listen for the receipts that gateways send by themselves."""
    from scv_assets.commands.outbox import serve_receipts

    serve_receipts(_home_path(home), Console(), host=host, port=port)


@app.command()
def sandbox(
    system: Annotated[str, typer.Argument(help="actito, hubspot or sms.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8900,
    lose_every: Annotated[int, typer.Option(min=0, help="Lose the answer of every so manieth call.")] = 0,
    twice_every: Annotated[int, typer.Option(min=0, help="Do every so manieth call twice.")] = 0,
    break_every: Annotated[int, typer.Option(min=0, help="Do every so manieth call and answer 500.")] = 0,
    down_every: Annotated[int, typer.Option(min=0, help="Answer 503 to every so manieth call.")] = 0,
    slow: Annotated[float, typer.Option(min=0, help="Seconds that every answer takes.")] = 0.0,
) -> None:
    """Serve a system as its reference describes it, with its limits and faults: to see a sync without an account."""
    from destination_sandbox.faults import Faults
    from scv_assets.commands.sandbox import serve_sandbox

    faults = Faults(lose_every, twice_every, break_every, down_every, slow)
    serve_sandbox(system, faults, Console(), host=host, port=port)


@app.command()
def generate(
    folder: Annotated[Path, typer.Argument(help="Where to write the company.")],
    people: Annotated[int, typer.Option(min=1, help="How many people.")] = 2000,
    days: Annotated[int, typer.Option(min=1, help="How many days.")] = 90,
    seed: Annotated[
        int, typer.Option(help="Another seed, another company; the same one, the same to the byte.")
    ] = 20260823,
    end_on: Annotated[
        datetime, typer.Option(formats=[_DAY], metavar="YYYY-MM-DD", show_default="2026-11-20", help="The last day.")
    ] = datetime(2026, 11, 20),  # noqa: DTZ001
) -> None:
    """Make a demo company of any size, with a truth file of who is who."""
    from scv_assets.commands.generate import make_company

    make_company(folder, Console(), seed=seed, people=people, days=days, end_on=end_on.date())


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def main() -> None:
    """Run the command line; every refusal is one sentence on standard error and exit code 1."""
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    try:
        app(standalone_mode=True)
    except ScvError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
