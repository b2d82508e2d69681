/** The DNS plugins, their chain, and the two transports. */
@NullMarked
package dev.coracle.coredns.internal;

import org.jspecify.annotations.NullMarked;
