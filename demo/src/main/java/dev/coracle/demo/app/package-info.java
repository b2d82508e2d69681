/**
 * The two demo applications; they use the JDK alone, so their image is a small Java runtime and
 * these classes.
 */
@NullMarked
package dev.coracle.demo.app;

import org.jspecify.annotations.NullMarked;
