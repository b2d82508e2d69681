/**
 * Admission by expressions (Kubernetes docs, "Validating Admission Policy", "Mutating Admission
 * Policy"): policies, their bindings and parameters, and match conditions of webhooks. A policy is
 * compiled when the first request matches it.
 */
@NullMarked
package dev.coracle.apiserver.internal.policy;

import org.jspecify.annotations.NullMarked;
