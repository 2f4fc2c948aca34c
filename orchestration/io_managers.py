"""How values of the generation graph pass from step to step: as content-addressed JSON artifacts.

An output is stored once under its SHA-256; a small pointer file per asset and partition says which digest is current, and is
replaced atomically. Nothing else passes through an IO manager: tables are read and written through the engine."""

import json
import os
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import TypeAdapter

from core.errors import NotReady
from orchestration.resources import Platform


class ArtifactIOManager(dg.ConfigurableIOManager):
    """Stores frozen values as JSON artifacts and reads them back as the type that the consumer's argument names."""

    platform: dg.ResourceDependency[Platform]

    def _pointer(self, context: dg.OutputContext | dg.InputContext) -> Path:
        partition = context.asset_partition_key.replace("|", "/") if context.has_asset_partitions else "value"
        return self.platform.get().artifacts_root / "index" / "/".join(context.asset_key.path) / f"{partition}.json"

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        if obj is None:
            return
        content = TypeAdapter(type(obj)).dump_json(obj)
        digest = self.platform.get().artifacts.put(content, suffix=".json").digest
        pointer = self._pointer(context)
        pointer.parent.mkdir(parents=True, exist_ok=True)
        draft = pointer.with_name(f".{pointer.name}.{os.getpid()}")
        draft.write_text(json.dumps({"digest": digest}), encoding="utf-8")
        draft.replace(pointer)
        context.add_output_metadata({"artifact": digest})

    def load_input(self, context: dg.InputContext) -> Any:
        pointer = self._pointer(context)
        if not pointer.exists():
            raise NotReady(
                f"{context.asset_key.to_user_string()} has no value for {pointer.stem} yet.",
                "Materialise it first, or run the whole slot.",
            )
        digest = json.loads(pointer.read_text(encoding="utf-8"))["digest"]
        content = self.platform.get().artifacts.read(digest, suffix=".json")
        return TypeAdapter(context.dagster_type.typing_type).validate_json(content)
