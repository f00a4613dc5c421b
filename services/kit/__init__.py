"""Small tools that every feature may use."""
