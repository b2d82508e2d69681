/**
 * Typed views over a Pod's tree, and what is computed from a Pod alone: environment, expansion,
 * DNS, hosts file, QoS.
 */
@NullMarked
package dev.coracle.kubelet.internal.pod;

import org.jspecify.annotations.NullMarked;
