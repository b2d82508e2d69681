/** The admission plugins; {@code AdmissionChain} holds the order. */
@NullMarked
package dev.coracle.apiserver.internal.admission;

import org.jspecify.annotations.NullMarked;
