"""`scv match train`: a model is trained anew when somebody asks for it, once, and never by itself."""

import pytest

from scv_assets.identity.run import MODEL
from tests.pipeline.company import Company


@pytest.mark.slow
def test_a_training_is_done_by_the_next_run_and_by_no_other(shop: Company) -> None:
    lake = shop.home.lake()
    lake.replace_text(MODEL, (lake.read_text(MODEL) or "").replace('"prior": 0', '"prior": 0.1', 1))
    worn = lake.read_text(MODEL)
    assert "Nothing new" in shop.scv("run").out

    told = shop.scv("match", "train")
    assert told.code == 0
    assert "with 0 judgements" in told.out
    assert "behind its inputs" in shop.scv("status").out
    assert "Nothing new" not in shop.must_run()
    assert lake.read_text(MODEL) != worn
    assert "Nothing new" in shop.scv("run").out
