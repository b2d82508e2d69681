/**
 * What stands below the kubelet of a simulated node: a container runtime and volumes in memory that
 * only pretend, with delays and failures as asked. The kubelet above is the real one.
 */
@NullMarked
package dev.coracle.kubelet.internal.simulated;

import org.jspecify.annotations.NullMarked;
