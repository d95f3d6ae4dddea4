"""`ionics match train`: a model learned without labels from the stream of this deployment."""

from collections.abc import Iterator
from pathlib import Path

import click
import polars as pl
from rich.progress import Progress, TaskID

from cli.accessing import logged
from cli.output import json_option, print_json, remark
from cli.progress import counted
from projections.projector import EnrichedDecoder
from projections.replay.log_source import LogSource
from schemas.directory import load_current, read_members
from schemas.errors import ContractError, ModelError
from schemas.rights import require_right
from schemas.settings import Settings
from schemas.topics import enriched
from stream_processors.match import find_model


@click.command()
@click.option(
    "--out", default=Path("model.json"), show_default=True, type=click.Path(path_type=Path), help="Where it is written."
)
@click.option("--report", type=click.Path(path_type=Path), help="Directory for a report with pictures.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of the pairs drawn at random.")
@click.option("--name", help="Of the model, for people.")
@json_option
def train(out: Path, report: Path | None, seed: int, name: str | None, as_json: bool) -> None:
    """Learn a model from the community's incidents, without labels. Needs the right administer.

    It is a file until `ionics generation make --model FILE` matches everything anew under it. Thresholds and the limit
    of keys are those in force. The same incidents and seed give the same file.
    """
    from stream_processors.match.training import learn, write_report  # noqa: PLC0415  # `keys` needs none of it

    settings = load_current()
    person = settings.acting_as("operator")
    require_right(read_members(settings), person, "administer")
    logged(settings, person, "AGGREGATE", {"training": {"seed": seed}})
    with counted("incidents") as bar:
        frames = _frames(settings, bar, bar.add_task("", total=None))
        learned = learn(
            frames,
            name or f"learned from the stream of {settings.require('deployment')}",
            seed,
            find_model(settings, settings.generation),
            on_step=remark,
        )
    try:
        out.write_bytes(learned.model.to_json())
    except OSError as error:
        raise ModelError(f"the model cannot be written to {out}: {error.strerror}") from error
    written = None if report is None else write_report(learned, report)
    if as_json:
        told = {"version": learned.model.version, "incidents": learned.incidents, "candidates": learned.candidates}
        print_json({**told, "file": str(out), "report": None if written is None else str(written)})
        return
    click.echo(
        f"model {learned.model.version} of {learned.incidents:,} incidents and {learned.candidates:,} pairs: {out}"
        + ("" if written is None else f"; report: {written}")
    )


def _frames(settings: Settings, bar: Progress, task: TaskID) -> Iterator[pl.DataFrame]:
    """The enriched incidents of the generation that is read, in parts; what no enrichment wrote is passed over."""
    source, topic, decode = LogSource(settings), enriched(settings.generation).name, EnrichedDecoder(settings)
    spans = source.spans(topic)
    bar.update(task, total=sum(span.end - span.first for span in spans.values()))
    for batch in source.batches(topic, spans):
        values = [value or b"" for value in batch["value"].to_list()]
        try:
            columns = decode(values)
        except ContractError:
            bad = decode.unreadable(values)
            columns = decode([value for number, value in enumerate(values) if number not in bad])
        bar.advance(task, len(values))
        if columns.height:
            yield columns
