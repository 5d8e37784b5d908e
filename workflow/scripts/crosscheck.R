# Recomputes with metafor what prismake computed: effects from the figures of the studies, and every model of them.
#
#   Rscript --vanilla crosscheck.R FOLDER
#
# FOLDER holds figures.csv (a row for each study: the columns of escalc, or yi and vi), options.csv (name, value), fits.csv
# (fit, studies, method, test) and tests.csv (test, fits): numbers and metafor's own words, no text of the review.
# It gets answers.csv (kind, number, quantity, value) and versions.csv (name, version). What metafor cannot fit has the
# quantity "error", and in its value the reason. Works from metafor 3.8 on.

suppressMessages(library(metafor))

folder <- commandArgs(trailingOnly = TRUE)[1]
read <- function(name, ...) read.csv(file.path(folder, name), ...)
figures <- read("figures.csv")
given <- read("options.csv", colClasses = "character")
option <- setNames(as.list(given$value), given$name)
level <- as.numeric(option$level)

answers <- data.frame()
answer <- function(kind, number, values) {
  written <- vapply(values, function(value) if (is.character(value)) value else sprintf("%.17g", as.numeric(value)), "")
  answers <<- rbind(answers, data.frame(kind, number, quantity = names(values), value = written, row.names = NULL))
}

effects_of <- function(figures) {
  if ("yi" %in% names(figures)) return(figures)
  arguments <- c(list(measure = option$measure), as.list(figures))
  if (option$family == "two_by_two") {
    arguments$add <- as.numeric(option$add)
    arguments$to <- option$to
    arguments$drop00 <- option$drop00 == "yes"
  }
  # From metafor 5 on some measures are corrected for bias unless told otherwise; 3.8 has no such argument.
  if ("correct" %in% names(formals(escalc))) arguments$correct <- FALSE
  suppressWarnings(do.call(escalc, arguments))
}

# Of the score of REML metafor asks only 1e-5 by default, of roots 1.2e-4: here as much as numbers hold.
tight <- function(effects, ...) {
  once <- function(step) {
    rma(yi, vi, data = effects, level = 100 * level, ...,
        control = list(threshold = 1e-12, maxiter = 10000, stepadj = step, tol = 1e-14,
                       tau2.max = 1000 * (max(effects$vi) + var(effects$yi))))
  }
  if (nrow(effects) == 1) return(rma(yi, vi, data = effects, level = 100 * level, ...))
  tryCatch(once(1), error = function(fault) once(0.5))
}

tau2_limits <- function(effects, method) {
  if (nrow(effects) < 2 || method == "EE") return(c(NA, NA))
  type <- option$tau2_interval
  if (type == "GENQ") {
    found <- tight(effects, method = "GENQ", weights = 1 / effects$vi)
  } else {
    found <- tight(effects, method = method)
  }
  control <- list(tol = 1e-14, maxiter = 1e5, tau2.max = 1e4 * (max(effects$vi) + var(effects$yi)))
  limits <- suppressWarnings(confint(found, type = type, control = control))$random[1, ]
  c(limits[["ci.lb"]], limits[["ci.ub"]])
}

fit_of <- function(row) {
  effects <- figures[as.integer(strsplit(row$studies, " ")[[1]]), ]
  asked <- if (row$test == "adhoc") "knha" else row$test
  found <- suppressWarnings(tight(effects, method = row$method, test = asked))
  se <- found$se
  # The floor by hand, as not every version of metafor offers it: no smaller than the standard error of the model.
  if (row$test == "adhoc") se <- max(se, 1 / sqrt(sum(1 / (effects$vi + found$tau2))))
  df <- if (row$test == "z") Inf else found$k - 1
  beta <- found$beta[[1]]
  half <- qt((1 + level) / 2, df) * se
  reach <- suppressWarnings(qt((1 + level) / 2, found$k - as.numeric(option$prediction_minus))) * sqrt(found$tau2 + se^2)
  limits <- tau2_limits(effects, row$method)
  list(yi = beta, se = se, stat = beta / se, pval = 2 * pt(-abs(beta / se), df), ci_low = beta - half, ci_high = beta + half,
       pi_low = beta - reach, pi_high = beta + reach, tau2 = found$tau2, tau2_low = limits[1], tau2_high = limits[2],
       I2 = found$I2, H2 = found$H2, Q = found$QE, Q_pval = found$QEp)
}

test_of <- function(row) {
  groups <- fits[as.character(strsplit(row$fits, " ")[[1]])]
  between <- rma(sapply(groups, `[[`, "yi"), sei = sapply(groups, `[[`, "se"), method = "FE")
  list(Q_b = between$QE, pval = between$QEp)
}

told <- function(answer) {
  tryCatch(answer, error = function(fault) list(error = gsub("[[:space:]]+", " ", conditionMessage(fault))))
}

figures <- effects_of(figures)
for (i in seq_len(nrow(figures))) answer("study", i, list(yi = figures$yi[i], vi = figures$vi[i]))
fits <- list()
plan <- read("fits.csv", colClasses = c(studies = "character"))
for (i in seq_len(nrow(plan))) {
  fits[[as.character(plan$fit[i])]] <- told(fit_of(plan[i, ]))
  answer("fit", plan$fit[i], fits[[i]])
}
plan <- read("tests.csv", colClasses = c(fits = "character"))
for (i in seq_len(nrow(plan))) answer("test", plan$test[i], told(test_of(plan[i, ])))

write.csv(answers, file.path(folder, "answers.csv"), row.names = FALSE)
versions <- c(metafor = as.character(packageVersion("metafor")), R = paste(R.version$major, R.version$minor, sep = "."))
write.csv(data.frame(name = names(versions), version = versions), file.path(folder, "versions.csv"), row.names = FALSE)
