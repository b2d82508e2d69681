/** The DNS server's options. */
@NullMarked
package dev.coracle.coredns.config;

import org.jspecify.annotations.NullMarked;
