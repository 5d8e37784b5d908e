"""prismake: a systematic review that can be re-run.

One room per stage, each importing only what stands above it: ``search``, ``dedup``, ``screening``, ``extraction``,
``bias``, ``synthesis``, ``prisma``, ``report``; below them all ``problems``, ``text``, ``config``, ``tables`` and ``job``.
"""

__version__ = "0.1.0"
