/**
 * The audit: a policy says how much of which request is recorded at which stage; events go by
 * backends, which know who waits for whom, to outputs, which encode and write or send them
 * (Kubernetes docs, "Auditing").
 */
@NullMarked
package dev.coracle.apiserver.internal.audit;

import org.jspecify.annotations.NullMarked;
