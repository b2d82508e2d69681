/** The contract of a DNS plugin. */
@NullMarked
package dev.coracle.coredns.spi;

import org.jspecify.annotations.NullMarked;
