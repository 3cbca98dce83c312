"""The EM algorithm: E step, M step, the streams of states, Newton's steps, the stopping rule.

Imports model, data and settings.
"""
