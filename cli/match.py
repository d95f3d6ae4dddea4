"""`ionics match`: how the matcher stands, its model, and learning another one."""

import click

from cli.match_keys import keys
from cli.match_model import model
from cli.match_training import train


@click.group()
def match() -> None:
    """How the matcher stands, and its model."""


for _command in (keys, model, train):
    match.add_command(_command)
