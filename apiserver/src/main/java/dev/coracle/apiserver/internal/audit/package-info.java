/**
 * The audit log: a policy says how much of which request is recorded at which stage, events go
 * through a bounded buffer to a thread of their own, which encodes and writes them (Kubernetes
 * docs, "Auditing").
 */
@NullMarked
package dev.coracle.apiserver.internal.audit;

import org.jspecify.annotations.NullMarked;
