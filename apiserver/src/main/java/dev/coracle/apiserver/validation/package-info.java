/**
 * Kubernetes' own validation of its kinds: {@link dev.coracle.apiserver.validation.Validator} finds
 * the rules of a kind in {@link dev.coracle.apiserver.validation.KindRules}' one list and answers
 * with the causes of an {@code Invalid} failure, in upstream's words and field paths. It runs on
 * decoded and defaulted trees, so types are right and missing means unset.
 */
@NullMarked
package dev.coracle.apiserver.validation;

import org.jspecify.annotations.NullMarked;
