/** Addresses and ports of Services, given out without a race. */
@NullMarked
package dev.coracle.apiserver.internal.service;

import org.jspecify.annotations.NullMarked;
