/**
 * Admission webhooks (Kubernetes docs, "Dynamic Admission Control"): which requests they are asked
 * about, what they are sent, what their answers mean. The configurations are compiled when they
 * change; a write that no webhook is registered for costs one look at an empty list.
 */
@NullMarked
package dev.coracle.apiserver.internal.webhook;

import org.jspecify.annotations.NullMarked;
