/**
 * The node's part in dynamic resource allocation: drivers register by the plugin socket and are
 * asked to prepare what claims were given, before the pod's containers are made.
 */
@NullMarked
package dev.coracle.kubelet.internal.dra;

import org.jspecify.annotations.NullMarked;
