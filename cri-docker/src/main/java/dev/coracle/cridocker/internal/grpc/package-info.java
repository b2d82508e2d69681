/** The CRI services. */
@NullMarked
package dev.coracle.cridocker.internal.grpc;

import org.jspecify.annotations.NullMarked;
