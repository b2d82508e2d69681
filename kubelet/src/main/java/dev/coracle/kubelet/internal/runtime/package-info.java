/**
 * From a Pod to CRI calls: what runs, what should be done about it, and the doing (upstream's
 * kuberuntime).
 */
@NullMarked
package dev.coracle.kubelet.internal.runtime;

import org.jspecify.annotations.NullMarked;
