/** What Services and EndpointSlices mean for a node, and the loop that hands it to a backend. */
@NullMarked
package dev.coracle.proxy.internal;

import org.jspecify.annotations.NullMarked;
