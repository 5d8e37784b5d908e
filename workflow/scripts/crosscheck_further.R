# The analyses beyond the pooled ones, each as crosscheck.R asks for it: a row of questions.csv and the effects of its
# studies in, named figures out.

pdf(NULL)  # baujat draws

values_of <- function(row) as.numeric(strsplit(row$values, " ")[[1]])

# Subgroups with one tau2: a mean for each, and the test that they are equal.
common_tau2_of <- function(row, effects) {
  effects$group <- factor(values_of(row))
  means <- tight(effects, mods = ~ group - 1, method = row$method, test = row$test)
  contrasts <- tight(effects, mods = ~ group, method = row$method, test = row$test)
  c(coefficients_of(means), list(tau2 = means$tau2, Q_b = contrasts$QM, Q_b_pval = contrasts$QMp))
}

coefficients_of <- function(found) {
  c(numbered("estimate", found$beta), numbered("se", found$se), numbered("stat", found$zval), numbered("pval", found$pval),
    numbered("ci_low", found$ci.lb), numbered("ci_high", found$ci.ub))
}

# Predictors stand one after the other in values, and choice says of each what it is.
moderated <- function(row, effects) {
  kinds <- strsplit(row$choice, " ")[[1]]
  columns <- matrix(values_of(row), ncol = length(kinds))
  for (i in seq_along(kinds)) {
    x <- columns[, i]
    effects[[paste0("x", i)]] <- switch(kinds[i], category = factor(x), log10 = log10(x), x)
  }
  effects
}

predictors_of <- function(row) reformulate(paste0("x", seq_along(strsplit(row$choice, " ")[[1]])))

regression_of <- function(row, effects) {
  effects <- moderated(row, effects)
  found <- tight(effects, mods = predictors_of(row), method = row$method, test = row$test)
  c(coefficients_of(found), tau2_limits(found, effects, mods = predictors_of(row)),
    list(R2 = found$R2, QM = found$QM, QM_pval = found$QMp, tau2 = found$tau2, I2 = found$I2, QE = found$QE,
         QE_pval = found$QEp))
}

# Every permutation, where prismake made every one.
permutation_of <- function(row, effects) {
  found <- tight(moderated(row, effects), mods = predictors_of(row), method = row$method, test = row$test)
  tested <- permutest(found, exact = TRUE, progbar = FALSE)
  c(numbered("pval", tested$pval), list(QM_pval = tested$QMp))
}

# metafor takes one interval for the model of all studies and for those without one; where a rule chose others, each figure
# is of the interval that its model has: that of all in test, those without one study in choice.
influence_of <- function(row, effects) {
  without <- strsplit(row$choice, " ")[[1]]
  kinds <- unique(c(row$test, without))
  fits <- sapply(kinds, function(test) tight(effects, method = row$method, test = test), simplify = FALSE)
  of_kind <- lapply(fits, function(found) {
    diagnosed <- influence(found)
    places <- baujat(found)
    c(unclass(diagnosed$inf)[c("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat", "weight")],
      list(dfbs = unclass(diagnosed$dfbs)[[1]], heterogeneity = places$x, influence = places$y))
  })
  whole <- of_kind[[row$test]]
  own <- function(name) mapply(function(kind, i) of_kind[[kind]][[name]][i], without, seq_along(without))
  variance <- sapply(fits, function(found) found$se^2)
  found <- list(z = rstandard(fits[[row$test]])$z, rstudent = own("rstudent"), dffits = own("dffits"),
                cook_d = whole$cook.d, cov_r = own("cov.r") * variance[without] / variance[[row$test]],
                tau2_del = whole$tau2.del, QE_del = whole$QE.del, hat = whole$hat, weight = whole$weight, dfbs = own("dfbs"),
                baujat_heterogeneity = whole$heterogeneity, baujat_influence = own("influence"))
  k <- nrow(effects)
  found$influential <- abs(found$dffits) > 3 * sqrt(1 / (k - 1)) | pchisq(found$cook_d, 1) > 0.5 | found$hat > 3 / k |
    abs(found$dfbs) > 1
  do.call(c, lapply(names(found), function(name) numbered(name, found[[name]])))
}

# The tests that have no name in metafor are its regression, on the effects and sizes that make them.
regtest_of <- function(row, effects) {
  lm_of <- function(yi, vi, ...) suppressWarnings(regtest(yi, vi, model = "lm", ...))
  counts <- columns_of(effects)
  found <- switch(row$choice,
    egger = , pet = lm_of(effects$yi, effects$vi, predictor = "sei"),
    peese = lm_of(effects$yi, effects$vi, predictor = "vi"),
    thompson_sharp = regtest(tight(effects, method = row$method), model = "rma", predictor = "sei", test = "t"),
    macaskill = lm_of(effects$yi, effects$vi, predictor = "ni",
                      ni = if (option$arms == "1") effects$n_1 else effects$n_1 + effects$n_2),
    pustejovsky = lm_of(effects$yi, effects$vi, predictor = "sqrtninv", ni = 1 / (1 / effects$n_1 + 1 / effects$n_2)),
    debray = lm_of(effects$yi, effects$vi, predictor = "ninv", ni = 1 / (1 / effects$events_1 + 1 / effects$events_2)),
    peters = {
      odds <- suppressWarnings(do.call(escalc, c(list(measure = "OR", drop00 = TRUE), counts)))
      n <- counts$n1i + counts$n2i
      events <- counts$ai + counts$ci
      lm_of(as.numeric(odds$yi), 1 / events + 1 / (n - events), predictor = "ninv", ni = n)
    },
    harbord = {
      scores <- do.call(escalc, c(list(measure = "PETO", add = 0, to = "none", drop00 = TRUE), counts))
      lm_of(as.numeric(scores$yi), as.numeric(scores$vi), predictor = "sei")
    })
  if (row$choice == "thompson_sharp") {
    return(list(estimate = found$fit$beta[[2]], se = found$fit$se[2], stat = found$zval, pval = found$pval))
  }
  line <- summary(found$fit)$coefficients
  limit <- estimated(line[1, 1], line[1, 2], found$fit$df.residual, 0, Inf)
  names(limit) <- paste0("limit_", names(limit))
  c(list(estimate = line[2, 1], se = line[2, 2], stat = found$zval, pval = found$pval), limit)
}

ranktest_of <- function(row, effects) {
  found <- suppressWarnings(ranktest(effects$yi, effects$vi))
  list(estimate = found$tau, pval = found$pval)
}

trimfill_of <- function(row, effects) {
  whole <- tight(effects, method = row$method, test = row$test)
  found <- suppressWarnings(trimfill(whole, estimator = row$choice, test = row$test, level = 100 * level,
                                     control = control_of(effects)))
  list(filled = found$k0, yi = found$beta[[1]], se = found$se, pval = found$pval, ci_low = found$ci.lb, ci_high = found$ci.ub,
       tau2 = found$tau2)
}

selection_of <- function(row, effects) {
  found <- suppressWarnings(selmodel(tight(effects, method = "ML"), type = "stepfun", steps = 0.025, alternative = row$choice))
  whole <- list(yi = found$beta[[1]], tau2 = found$tau2, weight = found$delta[2], LRT = found$LRT, LRT_pval = found$LRTp)
  if (is.na(found$se[[1]])) return(c(whole, absent = "metafor could not invert the curvature of this likelihood"))
  c(whole, list(se = found$se[[1]], pval = found$pval[[1]], ci_low = found$ci.lb[[1]], ci_high = found$ci.ub[[1]]))
}

fail_safe_of <- function(row, effects) {
  found <- fsn(effects$yi, effects$vi, type = row$choice)
  list(fail_safe = found$fsnum, pval = found$pval)
}

further_kinds <- list(common_tau2 = common_tau2_of, regression = regression_of, permutation = permutation_of,
                      influence = influence_of, regtest = regtest_of, ranktest = ranktest_of, trimfill = trimfill_of,
                      selection = selection_of, fail_safe = fail_safe_of)
