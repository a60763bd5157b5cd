"""The worker as it is, with a lease that is short enough for a test to see one run out."""

from datetime import timedelta

from services.settings import Settings
from services.worker import process

LEASE = timedelta(seconds=5)

if __name__ == "__main__":
    process.run(Settings.from_environment(), lease=LEASE)
