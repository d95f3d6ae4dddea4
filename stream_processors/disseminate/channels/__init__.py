"""How a message leaves: by signed webhook or by mail; the console needs nothing but that it is kept.

Each refuses what it may not do before anything leaves, and gives back no word of what a receiver answers.
"""

from stream_processors.disseminate.channels.mail import Mail
from stream_processors.disseminate.channels.messages import Line, Message
from stream_processors.disseminate.channels.signing import signed_headers, verify_webhook
from stream_processors.disseminate.channels.webhook import Webhook

__all__ = ["Line", "Mail", "Message", "Webhook", "signed_headers", "verify_webhook"]
