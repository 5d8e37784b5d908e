"""What the protocol plans beyond the main analyses, in words: other models, small-study effects, influence, moderators."""

from ...synthesis.asymmetry import NAMES, recommended
from ...synthesis.other_models import applies, name_of
from ...wording import lower_first, many
from ..markdown import esc, listed
from ..material import Material


def planned(material: Material) -> str:
    """The further analyses, each with the rule by which it is run."""
    parts = [_other_models(material), _small_studies(material), _adjusted(material), _single_studies(material)]
    return " ".join(part for part in parts if part) + f"\n\n{_moderators(material)}"


def _measures(material: Material) -> list[str]:
    return sorted({outcome.measure for outcome in material.config.outcomes.values() if outcome.synthesise})


def _other_models(material: Material) -> str:
    settings = material.config.synthesis
    models = [
        lower_first(name_of(model))
        for model in dict.fromkeys(settings.compare)
        if model != settings.method and any(applies(model, measure) for measure in _measures(material))
    ]
    if not models:
        return ""
    return esc(f"The same studies are pooled by other models, where these apply to the measure: {'; '.join(models)}.")


def _small_studies(material: Material) -> str:
    asked = material.config.synthesis.small_studies
    if asked.tests == "recommended":
        chosen: dict[str, list[str]] = {}
        for measure in _measures(material):
            chosen.setdefault(recommended(measure), []).append(measure)
        named = [f"{NAMES[test]}'s for {listed(of)}" for test, of in chosen.items() if test]
    else:
        named = [f"{NAMES[test]}'s" for test in dict.fromkeys(asked.tests)]
    if not named:
        return ""
    by = "the test that suits the measure" if asked.tests == "recommended" else "these tests"
    text = (
        f"From {many(asked.from_k, 'study', 'studies')} on, funnels are tested for asymmetry by {by}: {listed(named)}"
    )
    return esc(f"{text} (Sterne and others 2011).")


def _adjusted(material: Material) -> str:
    asked = material.config.synthesis.small_studies
    named = [
        name
        for name, wanted in (
            (f"trim and fill ({asked.trim_and_fill})", asked.trim_and_fill != "none"),
            ("PET-PEESE", asked.pet_peese),
            ("a three-parameter selection model", asked.selection),
            (f"{asked.fail_safe.capitalize()}'s fail-safe number", asked.fail_safe != "none"),
        )
        if wanted
    ]
    if not named:
        return ""
    shows = "shows" if len(named) == 1 else "show"
    text = f"From {many(asked.from_k, 'study', 'studies')} on, {listed(named)} {shows} how far small-study effects could move"
    return esc(f"{text} the estimate.")


def _single_studies(material: Material) -> str:
    settings = material.config.synthesis
    said = [
        f"From {settings.influence_from} studies on, the influence of each study is measured (Viechtbauer and Cheung 2010)."
    ]
    if settings.cumulative != "none":
        said.append(f"A cumulative analysis adds the studies in the order of {cumulative_order(material)}.")
    if settings.gosh.up_to_k:
        said.append(f"With up to {settings.gosh.up_to_k} studies the model is fitted to their subsets.")
    return esc(" ".join(said))


def cumulative_order(material: Material) -> str:
    """By what a cumulative analysis orders the studies."""
    by = material.config.synthesis.cumulative
    return "the year of their first report" if by == "year" else lower_first(material.config.characteristics[by].label)


def _moderators(material: Material) -> str:
    named = {key: lower_first(moderator.label) for key, moderator in material.config.moderators.items()}
    if not named:
        return ""
    asked = material.config.synthesis.regression
    together = "".join(f", and on {listed([named[key] for key in keys])} together" for keys in asked.together)
    text = (
        f"Meta-regressions, each on one moderator, are planned by {listed(list(named.values()))}{together}; one is run "
        f"where there are at least {many(asked.studies_per_coefficient, 'study', 'studies')} for each of its coefficients."
    )
    if asked.permutations:
        text += f" Further p-values come from {asked.permutations:,} permutations of the studies (seed {asked.seed})."
    return esc(text) + "\n"
