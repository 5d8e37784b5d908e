# Recomputes with metafor what prismake computed: effects from the figures of the studies, and every analysis of them.
#
#   Rscript --vanilla crosscheck.R FOLDER
#
# FOLDER holds figures.csv (a row for each result, by prismake's columns; yi and vi are used where a study reports its
# effect as such), options.csv (name, value), questions.csv (question, kind, studies, method, test, choice, values) and
# covariance.csv (question, row, column, value: V of the questions of three levels): numbers and metafor's own words, no
# text of the review. It gets answers.csv (question, quantity, value; question 0 has the effects) and versions.csv (name,
# version). What metafor cannot do has the quantity "error", what only a part of an answer lacks "absent", with the reason.
# Works from metafor 3.8 on.

suppressMessages(library(metafor))

folder <- commandArgs(trailingOnly = TRUE)[1]
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
source(file.path(here, "crosscheck_further.R"))

read <- function(name, ...) read.csv(file.path(folder, name), ...)
figures <- read("figures.csv")
given <- read("options.csv", colClasses = "character")
option <- setNames(as.list(given$value), given$name)
level <- as.numeric(option$level)

answers <- list()
answer <- function(question, values) {
  written <- vapply(values, function(value) if (is.character(value)) value else sprintf("%.17g", as.numeric(value)), "")
  answers[[length(answers) + 1]] <<- data.frame(question, quantity = names(values), value = written, row.names = NULL)
}

numbered <- function(name, values) setNames(as.list(values), paste0(name, ":", seq_along(values)))

# The arguments of escalc, and of the models of counts.
columns_of <- function(rows) {
  switch(option$family,
    two_by_two = list(ai = rows$events_1, n1i = rows$n_1, ci = rows$events_2, n2i = rows$n_2),
    rates = list(x1i = rows$events_1, t1i = rows$time_1, x2i = rows$events_2, t2i = rows$time_2),
    proportions = list(xi = rows$events_1, ni = rows$n_1),
    means = list(m1i = rows$mean_1, sd1i = rows$sd_1, n1i = rows$n_1, m2i = rows$mean_2, sd2i = rows$sd_2, n2i = rows$n_2))
}

# From metafor 5 on ROM is corrected for bias unless told otherwise; 3.8 cannot.
corrects <- "correct" %in% names(formals(escalc))

made <- function(rows) {
  arguments <- c(list(measure = option$measure), columns_of(rows))
  if (option$family == "means") {
    arguments$vtype <- option$vtype
    if (option$measure == "ROM" && corrects) arguments$correct <- option$correct == "yes"
  } else {
    arguments$add <- as.numeric(option$add)
    arguments$to <- option$to
    if (option$measure == "PHI") arguments$vtype <- "ST"  # of two groups of fixed size
    if (option$family != "proportions") arguments$drop00 <- option$drop00 == "yes"
  }
  found <- suppressWarnings(do.call(escalc, arguments))
  nothing <- !(is.finite(found$yi) & is.finite(found$vi) & found$vi > 0)
  found$yi[nothing] <- found$vi[nothing] <- NA
  found
}

effects_of <- function(figures) {
  own <- !figures$reported
  if (!any(own)) return(figures)
  if (option$correct == "yes" && !corrects) {
    answer(0, list(absent = paste("metafor", packageVersion("metafor"), "does not correct ROM for bias")))
    return(figures)
  }
  found <- made(figures[own, ])
  figures$yi[own] <- ifelse(figures$reversed[own], -1, 1) * as.numeric(found$yi)
  figures$vi[own] <- as.numeric(found$vi)
  figures
}

# Of the score of REML metafor asks only 1e-5 by default, of roots 1.2e-4: here as much as numbers hold.
control_of <- function(effects) {
  list(threshold = 1e-12, maxiter = 10000, tol = 1e-14, tau2.max = 1000 * (max(effects$vi) + var(effects$yi)))
}

# The likelihood can have several maxima: of climbs from several places the highest is taken.
tight <- function(effects, method = "REML", ...) {
  once <- function(...) suppressWarnings(rma(yi, vi, data = effects, method = method, level = 100 * level, ...))
  if (nrow(effects) == 1) return(once(...))
  control <- control_of(effects)
  climb <- function(more) tryCatch(once(..., control = c(control, more)), error = function(fault) NULL)
  starts <- list(list())
  if (method %in% c("ML", "REML")) starts <- c(starts, lapply(c(0.01, 1), function(x) list(tau2.init = x * mean(effects$vi))))
  found <- Filter(Negate(is.null), lapply(starts, climb))
  control$stepadj <- 0.5
  if (length(found) == 0) return(once(..., control = control))
  if (length(found) == 1) return(found[[1]])
  found[[which.max(round(sapply(found, logLik), 9))]]
}

# The profile likelihood belongs to ML and REML; other methods have the Q-profile in its place.
tau2_limits <- function(found, effects, ...) {
  if (nrow(effects) < 2 || found$method == "EE") return(list(tau2_low = NA, tau2_high = NA))
  type <- option$tau2_interval
  if (type == "PL" && !(found$method %in% c("ML", "REML"))) type <- "QP"
  if (type == "GENQ") {
    if (!requireNamespace("CompQuadForm", quietly = TRUE)) {
      return(list(absent = lacking("CompQuadForm", "generalised Q intervals")))
    }
    found <- tight(effects, method = "GENQ", weights = 1 / effects$vi, ...)
  }
  control <- list(tol = 1e-14, maxiter = 1e5, tau2.max = 1e4 * (max(effects$vi) + var(effects$yi)))
  limits <- suppressWarnings(confint(found, type = type, control = control))$random[1, ]
  list(tau2_low = limits[["ci.lb"]], tau2_high = limits[["ci.ub"]])
}

lacking <- function(package, what) {
  paste0("the R package ", package, ", which metafor needs for ", what, ", is not on this machine")
}

# An estimate with its test, its interval, and that of a new study.
estimated <- function(beta, se, df, tau2, prediction_k) {
  half <- qt((1 + level) / 2, df) * se
  quantile <- suppressWarnings(qt((1 + level) / 2, prediction_k - as.numeric(option$prediction_minus)))
  reach <- quantile * sqrt(tau2 + se^2)
  list(yi = beta, se = se, stat = beta / se, pval = 2 * pt(-abs(beta / se), df), ci_low = beta - half, ci_high = beta + half,
       pi_low = beta - reach, pi_high = beta + reach)
}

fit_of <- function(row, effects) {
  found <- tight(effects, method = row$method, test = row$test)
  c(estimated(found$beta[[1]], found$se, if (row$test == "z") Inf else found$k - 1, found$tau2, found$k),
    tau2_limits(found, effects),
    list(tau2 = found$tau2, I2 = found$I2, H2 = found$H2, Q = found$QE, Q_pval = found$QEp),
    numbered("weight", weights(found)))
}

subset_of <- function(row, effects) {
  found <- tight(effects, method = row$method)
  list(yi = found$beta[[1]], tau2 = found$tau2, I2 = found$I2, Q = found$QE)
}

# V is prismake's: metafor does not know which arms results share. I2 as the documentation of metafor computes it.
three_level_of <- function(row, effects) {
  V <- diag(effects$vi)
  shared <- covariance[covariance$question == row$question, ]
  V[cbind(shared$row, shared$column)] <- shared$value
  effects$result <- seq_len(nrow(effects))
  studies <- length(unique(effects$study))
  random <- if (studies == 1) ~ 1 | result else ~ 1 | study / result
  fit <- function(...) {
    suppressWarnings(rma.mv(yi, V, random = random, data = effects, method = row$method, control = list(...)))
  }
  # Where a variance is 0 the likelihood is flat on metafor's scale, and its first optimiser may not come to an end.
  found <- tryCatch(fit(), error = function(fault) fit(optimizer = "Nelder-Mead", reltol = 1e-14, maxit = 5000))
  # A second climb from where the first ended, with finer steps.
  found <- tryCatch(fit(sigma2.init = pmax(found$sigma2, 1e-8), rel.tol = 1e-14, x.tol = 1e-12, iter.max = 1000,
                        eval.max = 2000), error = function(fault) found)
  tau2 <- sum(found$sigma2)
  W <- solve(V)
  typical <- (nrow(V) - 1) / (sum(diag(W)) - sum(rowSums(W)^2) / sum(W))
  df <- if (row$test == "z") Inf else studies - 1
  whole <- estimated(found$beta[[1]], found$se[[1]], df, tau2, studies)
  if (row$test == "CR2") {
    whole <- list(yi = found$beta[[1]])
    if (requireNamespace("clubSandwich", quietly = TRUE)) {
      tested <- robust(found, cluster = effects$study, clubSandwich = TRUE)
      whole <- estimated(tested$beta[[1]], tested$se[[1]], c(tested$ddf, tested$dfs)[[1]], tau2, studies)
    } else {
      whole$absent <- lacking("clubSandwich", "CR2")
    }
  }
  within <- found$sigma2[length(found$sigma2)]
  c(whole, list(tau2 = tau2, tau2_between = if (studies == 1) NA else found$sigma2[1], tau2_within = within,
                I2 = 100 * tau2 / (tau2 + typical), H2 = (tau2 + typical) / typical, Q = found$QE, Q_pval = found$QEp),
    numbered("weight", weights(found, type = "rowsum")))
}

between_of <- function(row, effects) {
  groups <- told[as.integer(strsplit(row$choice, " ")[[1]])]
  if (any(vapply(groups, function(group) is.null(group$se), NA))) stop("a group has no standard error of metafor")
  between <- rma(sapply(groups, `[[`, "yi"), sei = sapply(groups, `[[`, "se"), method = "FE")
  list(Q_b = between$QE, pval = between$QEp)
}

count_model <- function(name, effects, ...) {
  suppressWarnings(do.call(name, c(columns_of(effects), list(level = 100 * level, ...))))
}

# Cells enter as they are; effects of single studies, for Q, have halves where a cell is 0.
common_of <- function(row, effects) {
  if (row$kind == "MH") {
    found <- count_model("rma.mh", effects, measure = option$measure, add = c(0.5, 0), to = c("only0", "none"), drop00 = TRUE)
  } else {
    found <- count_model("rma.peto", effects, add = c(0, 0), to = c("none", "none"), drop00 = TRUE)
  }
  list(yi = found$beta[[1]], se = found$se[[1]], stat = found$zval[[1]], pval = found$pval[[1]], ci_low = found$ci.lb[[1]],
       ci_high = found$ci.ub[[1]], Q = found$QE, Q_pval = found$QEp, I2 = found$I2, H2 = found$H2)
}

# lme4 warns that it stops short unless its search is told to go on.
glmm_of <- function(row, effects) {
  search <- list(optimizer = "bobyqa", tolPwrss = 1e-12, optCtrl = list(rhoend = 1e-9, maxfun = 1e5))
  arguments <- list("rma.glmm", effects, measure = option$measure, nAGQ = as.integer(row$values),
                    control = list(glmerCtrl = search))
  if (row$choice != "UM") arguments$model <- row$choice
  found <- do.call(count_model, arguments)
  list(yi = found$beta[[1]], se = found$se[[1]], stat = found$zval[[1]], pval = found$pval[[1]], ci_low = found$ci.lb[[1]],
       ci_high = found$ci.ub[[1]], tau2 = found$tau2, I2 = found$I2, H2 = found$H2)
}

kinds <- c(list(fit = fit_of, subset = subset_of, three_level = three_level_of, between = between_of, MH = common_of,
                PETO = common_of, glmm = glmm_of), further_kinds)

figures <- effects_of(figures)
answer(0, c(numbered("yi", figures$yi), numbered("vi", figures$vi)))
questions <- read("questions.csv", colClasses = c(studies = "character", method = "character", test = "character",
                                                  choice = "character", values = "character"), na.strings = "NA")
covariance <- read("covariance.csv")
told <- list()
for (i in seq_len(nrow(questions))) {
  row <- questions[i, ]
  effects <- figures[as.integer(strsplit(row$studies, " ")[[1]]), ]
  told[[i]] <- tryCatch(kinds[[row$kind]](row, effects),
                        error = function(fault) list(error = gsub("[[:space:]]+", " ", conditionMessage(fault))))
  answer(row$question, told[[i]])
}

write.csv(do.call(rbind, answers), file.path(folder, "answers.csv"), row.names = FALSE)
versions <- c(metafor = as.character(packageVersion("metafor")), R = paste(R.version$major, R.version$minor, sep = "."))
write.csv(data.frame(name = names(versions), version = versions), file.path(folder, "versions.csv"), row.names = FALSE)
