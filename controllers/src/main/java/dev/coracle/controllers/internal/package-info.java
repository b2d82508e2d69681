/** The controllers behind their door, a package for each; what they share stands here. */
@NullMarked
package dev.coracle.controllers.internal;

import org.jspecify.annotations.NullMarked;
