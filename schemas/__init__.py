"""What an event is.

Avro schemas (`avro/`), code lists (`codes/`), the incident's models, identifiers and signatures, the codecs, the topic
catalogue, the log's dictionary of schemas, the directory, requests for information, and the settings by which
everything finds its servers. Nothing here imports from the other folders; everything else imports from here.
"""
