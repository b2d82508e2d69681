/** Connections between a node, its pods and the control plane. */
@NullMarked
package dev.coracle.client.net;

import org.jspecify.annotations.NullMarked;
