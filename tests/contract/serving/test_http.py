"""The server's promises to a client, over real HTTP from a real `bentoml serve`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema
import onnxruntime
import pytest

from core.errors import InvalidInput, ServiceFailed
from core.pictures import MEASURES
from features.transforms import thumbnail_columns
from serving.client import ScoringClient, is_ready
from serving.schemas import CTR_PATH, MAX_VIDEOS, MODELS_PATH, QUALITY_PATH, TREND_PATH
from serving.scorer import Scorer
from tests.contract.serving.conftest import Server
from tests.contract.serving.known import CHANNEL, UNREACHABLE_CHANNEL, VIDEO, draft_row
from training.specs import MODELS, OUTPUT

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow", "ignore::FutureWarning:mlflow")

DRAFT: dict[str, Any] = {
    "channel_id": "known",
    "title": "Five songs that climbed",
    "duration_seconds": 75.0,
    "category_id": 10,
    "publish_at": datetime(2026, 6, 9, 17, tzinfo=UTC),
}
WIRE_DRAFT = DRAFT | {"publish_at": "2026-06-09T17:00:00Z"}
THUMBNAIL = dict.fromkeys(MEASURES, 0.5)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_probes(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 200


def test_readiness_as_the_platform_asks(server: Server) -> None:
    assert is_ready(server.url)


# Parity: HTTP answer = Scorer = exported program


def test_trend_is_what_the_program_says(server: Server, client: ScoringClient) -> None:
    (score,) = client.trend(["known-1"])
    scorer = Scorer.load(server.folders["trend"], "1")
    program = onnxruntime.InferenceSession(str(server.folders["trend"] / "model.onnx"), providers=["CPUExecutionProvider"])
    (expected,) = program.run([OUTPUT], {"x": scorer.matrix([VIDEO])})
    assert score.p_breakout == scorer.score([VIDEO])[0][OUTPUT] == float(expected[0])


def test_drafts_are_what_the_scorer_says(server: Server, client: ScoringClient) -> None:
    row = {**CHANNEL, **draft_row("Five songs that climbed", 75.0, 10, DRAFT["publish_at"])}
    (quality,) = client.quality([DRAFT])
    (ctr,) = client.ctr([DRAFT | {"thumbnail": None}])
    assert quality.likelihood == 100 * Scorer.load(server.folders["quality"], "1").score([row])[0][OUTPUT]
    assert ctr.ctr == Scorer.load(server.folders["ctr"], "1").score([row])[0][OUTPUT]


def test_a_draft_is_told_by_its_script(server: Server, client: ScoringClient) -> None:
    said = "Which songs climbed? You will see five."
    row = {**CHANNEL, **draft_row("Five songs that climbed", 75.0, 10, DRAFT["publish_at"], said)}
    silent, told = client.quality([DRAFT, DRAFT | {"script": said}])
    assert told.likelihood == 100 * Scorer.load(server.folders["quality"], "1").score([row])[0][OUTPUT]
    assert told.likelihood != silent.likelihood


# What single items lack is said in their result


def test_unknown_videos_have_no_figure(http: httpx.Client) -> None:
    data = http.post(TREND_PATH, json={"video_ids": ["nobody", "known-1", "nobody"]}).json()["data"]
    assert [result["status"] for result in data["results"]] == ["unknown_video", "scored", "unknown_video"]
    assert data["results"][0] == {"video_id": "nobody", "status": "unknown_video", "p_breakout": None}


def test_new_channels_are_scored_and_marked(client: ScoringClient) -> None:
    known, new = client.quality([DRAFT, DRAFT | {"channel_id": "fresh"}])
    assert (known.is_channel_known, new.is_channel_known) == (True, False)
    assert 0 <= new.likelihood <= 100


def test_candidates_of_one_draft_are_told_apart_by_their_thumbnails(server: Server, client: ScoringClient) -> None:
    bright = THUMBNAIL | {"brightness": 0.9}
    plain, *pictured = client.ctr([DRAFT | {"thumbnail": thumbnail} for thumbnail in (None, THUMBNAIL, bright)])
    assert len({plain.ctr, *(score.ctr for score in pictured)}) == 3
    assert [plain.is_thumbnail_used, *(score.is_thumbnail_used for score in pictured)] == [False, True, True]
    draft = {**CHANNEL, **draft_row("Five songs that climbed", 75.0, 10, DRAFT["publish_at"])}
    columns = thumbnail_columns({name: [THUMBNAIL[name], bright[name]] for name in MEASURES})
    rows = [{**draft, **{name: values[number] for name, values in columns.items()}} for number in range(2)]
    expected = Scorer.load(server.folders["ctr"], "1").score(rows)
    assert [score.ctr for score in pictured] == [row[OUTPUT] for row in expected]


def test_the_largest_request_is_answered(client: ScoringClient) -> None:
    assert len(client.trend([f"known-{number}" for number in range(MAX_VIDEOS)])) == MAX_VIDEOS


# Envelope


def test_answers_carry_time_and_version(http: httpx.Client) -> None:
    answer = http.post(TREND_PATH, json={"video_ids": ["known-1"]}, headers={"X-Request-Id": "run-7"})
    assert answer.headers["x-request-id"] == "run-7"
    assert answer.json()["success"] is True
    assert answer.json()["meta"]["version"] == "1"
    assert abs((datetime.fromisoformat(answer.json()["meta"]["timestamp"]) - datetime.now(UTC)).total_seconds()) < 60


def test_quality_says_how_far_to_trust_it(http: httpx.Client) -> None:
    data = http.post(QUALITY_PATH, json={"items": [WIRE_DRAFT]}).json()["data"]
    assert "near 50" in data["calibration"]
    assert data["model_version"].startswith("1-")


def test_served_models_are_described(client: ScoringClient) -> None:
    cards = {card.model: card for card in client.models()}
    assert set(cards) == set(MODELS)
    assert cards["trend"].kind == "baseline"
    assert cards["trend"].inputs == [each.name for each in MODELS["trend"].inputs]
    assert cards["ctr"].metrics == {"pairwise_accuracy": 0.25}


def refusal(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert body["success"] is False
    assert body["meta"]["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    return response.status_code, body["error"]["code"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (TREND_PATH, {}),
        (TREND_PATH, {"video_ids": []}),
        (TREND_PATH, {"video_ids": ["x"] * (MAX_VIDEOS + 1)}),
        (TREND_PATH, {"video_ids": ["a b"]}),
        (TREND_PATH, {"video_ids": "known-1"}),
        (TREND_PATH, {"video_ids": ["known-1"], "model": "other"}),
        (TREND_PATH, ["known-1"]),
        (TREND_PATH, None),
        (QUALITY_PATH, {"items": [WIRE_DRAFT | {"duration_seconds": float("nan")}]}),
        (QUALITY_PATH, {"items": [WIRE_DRAFT | {"duration_seconds": float("inf")}]}),
        (QUALITY_PATH, {"items": [WIRE_DRAFT | {"title": "x" * 101}]}),
        (QUALITY_PATH, {"items": [WIRE_DRAFT | {"script": "x" * 10_001}]}),
        (QUALITY_PATH, {"items": [WIRE_DRAFT | {"publish_at": "2026-06-09T17:00:00"}]}),
        (CTR_PATH, {"items": [WIRE_DRAFT | {"thumbnail": {"brightness": 0.5}}]}),
        (CTR_PATH, {"items": [WIRE_DRAFT | {"thumbnail": THUMBNAIL | {"contrast": float("nan")}}]}),
    ],
)
def test_bad_fields(http: httpx.Client, path: str, body: Any) -> None:
    response = http.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
    assert refusal(response) == (422, "invalid_input")
    assert response.json()["error"]["details"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"video_ids": ["\\ud800"]}'])
def test_bodies_that_are_no_json(http: httpx.Client, body: bytes) -> None:
    assert refusal(http.post(TREND_PATH, content=body, headers={"content-type": "application/json"})) == (400, "malformed_body")


def test_pickles_are_not_read(http: httpx.Client) -> None:
    response = http.post(TREND_PATH, content=b"\x80\x04.", headers={"content-type": "application/vnd.bentoml+pickle"})
    assert refusal(response) == (415, "unsupported_media_type")


def test_a_store_that_is_down_shows_none_of_its_address(http: httpx.Client, client: ScoringClient) -> None:
    response = http.post(QUALITY_PATH, json={"items": [WIRE_DRAFT | {"channel_id": UNREACHABLE_CHANNEL}]})
    assert refusal(response) == (503, "unavailable")
    assert "secret" not in response.text
    with pytest.raises(ServiceFailed):
        client.quality([DRAFT | {"channel_id": UNREACHABLE_CHANNEL}])


def test_refusals_name_the_field_and_failures_are_logged_under_their_id(server: Server, http: httpx.Client) -> None:
    with pytest.raises(InvalidInput, match="video_ids"):
        ScoringClient(server.url).trend(["a b"])
    http.post(TREND_PATH, json={"video_ids": []}, headers={"X-Request-Id": "refused-1"})
    failing = {"items": [WIRE_DRAFT | {"channel_id": UNREACHABLE_CHANNEL}]}
    http.post(QUALITY_PATH, json=failing, headers={"X-Request-Id": "failed-1"})
    log = server.log.read_text()
    assert "request failed-1" in log
    assert "refused-1" not in log


# Documents for machines


def test_metrics_count_requests(http: httpx.Client) -> None:
    http.post(TREND_PATH, json={"video_ids": ["known-1"]})
    metrics = http.get("/metrics").text
    assert f'bentoml_service_request_total{{endpoint="{TREND_PATH}",http_response_code="200"' in metrics
    assert "bentoml_service_request_duration_seconds_bucket" in metrics


def test_openapi_describes_what_is_answered(http: httpx.Client) -> None:
    document = http.get("/docs.json").json()
    assert document["openapi"].startswith("3.1")
    assert {TREND_PATH, QUALITY_PATH, CTR_PATH, MODELS_PATH, "/livez", "/readyz", "/healthz", "/metrics"} <= set(
        document["paths"]
    )

    def check(path: str, method: str, response: httpx.Response) -> None:
        content = document["paths"][path][method]["responses"][str(response.status_code)]["content"]
        schema = content["application/json"]["schema"] | {"components": document["components"]}
        jsonschema.validate(response.json(), schema, cls=jsonschema.Draft202012Validator)

    check(MODELS_PATH, "get", http.get(MODELS_PATH))
    for path, body in (
        (TREND_PATH, {"video_ids": ["known-1", "nobody"]}),
        (QUALITY_PATH, {"items": [WIRE_DRAFT]}),
        (CTR_PATH, {"items": [WIRE_DRAFT | {"thumbnail": THUMBNAIL}]}),
    ):
        check(path, "post", http.post(path, json=body))
        check(path, "post", http.post(path, json={}))
        request = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(body, request | {"components": document["components"]}, cls=jsonschema.Draft202012Validator)


def test_the_page_loads_nothing_from_elsewhere(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "://" not in page.text
    assert http.get("/static_content/swagger-ui-bundle.js").is_success
