"""How verdicts are printed: what, where, what it means, and what to do."""

from typing import Any

import click

from cli.output import Column, clean, number, print_json, print_table
from projections.evidence.findings import Findings
from projections.evidence.verifying import Verdict
from projections.replay.completeness import digest_of


def print_verdict(verdict: Verdict, name: str, *, as_json: bool) -> None:
    """What verifying a history found."""
    if as_json:
        print_json(_document(verdict, name))
        return
    print_findings(verdict.findings)
    rows = [
        [topic, partition, extent.first, extent.last, f"{extent.records:,}", extent.digest]
        for topic, extents in verdict.extents.items()
        for partition, extent in extents.items()
    ]
    columns = [Column("topic", fold=False), number("partition"), number("first"), number("last"), number("records")]
    print_table([*columns, Column("digest", fold=False)], rows)
    for topic, extents in verdict.extents.items():
        records = sum(extent.records for extent in extents.values())
        click.echo(f"{topic}: {records:,} records, digest {digest_of(extents)}")
    said = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(verdict.outcomes.items())) or "none"
    click.echo(f"decisions: {said}")
    click.echo(f"directory of {verdict.deployment}, founded by the keys {', '.join(verdict.founders) or 'of nobody'}")
    if verdict.sound:
        click.echo("sound: every signature, chain and decision was checked, and holds")
        click.echo("that the keys above are the deployment's, and that nothing is newer, only others can tell you")
    else:
        click.echo(f"NOT SOUND: {verdict.findings.counts.total():,} findings, above")


def print_findings(findings: Findings) -> None:
    """Each finding in words, and how many are not shown."""
    for finding in findings:
        about = f", incident {finding.incident_id}" if finding.incident_id else ""
        about += f", revision {finding.revision}" if finding.revision is not None else ""
        click.echo(clean(f"{finding.code}  {finding.where}{about}"))
        click.echo(clean(f"  what:      {finding.what}"))
        click.echo(f"  it means:  {finding.meaning}")
        click.echo(f"  do:        {finding.remedy}")
    for code, count in findings.counts.items():
        shown = sum(finding.code == code for finding in findings)
        if count > shown:
            click.echo(f"{code}: {count - shown:,} more")


def findings_document(findings: Findings) -> list[dict[str, Any]]:
    """Findings for JSON."""
    return [
        {
            "code": each.code,
            "where": each.where,
            "incident_id": each.incident_id,
            "revision": each.revision,
            "what": each.what,
            "means": each.meaning,
            "do": each.remedy,
        }
        for each in findings
    ]


def _document(verdict: Verdict, name: str) -> dict[str, Any]:
    return {
        "source": name,
        "deployment": verdict.deployment,
        "founders": verdict.founders,
        "sound": verdict.sound,
        "counts": dict(verdict.findings.counts),
        "findings": findings_document(verdict.findings),
        "decisions": dict(verdict.outcomes),
        "topics": {
            topic: {
                "digest": digest_of(extents),
                "partitions": {str(number): extent.document() for number, extent in extents.items()},
            }
            for topic, extents in verdict.extents.items()
        },
    }
