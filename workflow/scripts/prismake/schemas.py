"""JSON schemas of ``config.yaml`` and of people's tables, made from their models: ``python -m prismake.schemas``.

Editors complete and check by them; the program itself checks by the models.
"""

import json
from pathlib import Path

from pydantic import BaseModel

from .config import Config
from .people import EXTRACTED, PEOPLE

FOLDER = Path(__file__).resolve().parents[2] / "schemas"


def schemas() -> dict[str, str]:
    """File name -> schema as JSON text."""
    models: dict[str, type[BaseModel]] = {"config": Config, "extraction": EXTRACTED[0]}
    models |= {Path(path).stem: model for path, (model, _) in PEOPLE.items()}
    return {
        f"{name}.schema.json": json.dumps(model.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
        for name, model in sorted(models.items())
    }


if __name__ == "__main__":
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
