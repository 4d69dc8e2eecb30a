"""The processes: the only code that knows Celery or HTTP serving."""
