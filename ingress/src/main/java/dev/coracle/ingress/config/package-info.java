/** The gateway's options. */
@NullMarked
package dev.coracle.ingress.config;

import org.jspecify.annotations.NullMarked;
