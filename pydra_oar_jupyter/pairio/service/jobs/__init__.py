"""The life of jobs: made, offered, claimed, ended, and found."""
