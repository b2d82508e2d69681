/** The proxy's options. */
@NullMarked
package dev.coracle.proxy.config;

import org.jspecify.annotations.NullMarked;
