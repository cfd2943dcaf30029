import pytest

from tests import running


@pytest.fixture
def run(tmp_path):
    """Runs a cell as a job and returns what became of it."""
    return lambda code, namespace=None, **options: running.run(tmp_path, code, namespace, **options)
