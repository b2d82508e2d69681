/** The objects a cluster begins with, and the kubernetes Service kept up to date. */
@NullMarked
package dev.coracle.apiserver.internal.bootstrap;

import org.jspecify.annotations.NullMarked;
