/**
 * The Pod Security Standards (Kubernetes docs, "Pod Security Standards", KEP-2579): what a pod of
 * each level may do, by the version of the policy.
 */
@NullMarked
package dev.coracle.apiserver.internal.podsecurity;

import org.jspecify.annotations.NullMarked;
